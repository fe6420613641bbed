"""`python -m app models`: the model files on this machine, listed, verified, downloaded."""

import argparse
import sys

from app.commands.arguments import Commands
from app.commands.download import pull_models
from app.commands.exit_status import SOME_FAILED
from app.commands.table import megabytes, print_table, say
from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import Selection, choose, known_models, models_by_name
from pipeline.models.catalogue.weights import fault, installed
from pipeline.models.roles import ROLES


def add_parser(commands: Commands) -> None:
    """Add `models` to the command line."""
    parser = commands.add_parser("models", help="the models and their state")
    actions = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = actions.add_parser("list", help="every known model, its licence and whether it is in use")
    listing.set_defaults(command=list_models)
    verify = actions.add_parser("verify", help="whether the files are what they should be")
    verify.add_argument("names", nargs="*", metavar="NAME", help="unless given: all that are installed")
    verify.set_defaults(command=verify_models)
    pull = actions.add_parser("pull", help="download official models")
    pull.add_argument("names", nargs="*", metavar="NAME", help="unless given: the best of every role")
    pull.add_argument(
        "--accept-licences", action="store_true", help="also those that are not free for commercial use; they are shown"
    )
    pull.set_defaults(command=pull_models)


def list_models(parsed: argparse.Namespace, settings: Settings) -> int:
    """Print every known model and its state. Raises `ModelUnavailable`, after the table, if no server could start."""
    selection, problem = None, None
    try:
        selection = choose(settings.model_preferences)
    except ModelUnavailable as error:  # printed after the table, which shows what is missing
        problem = error
    checked = set() if selection is None else {model for models in selection.offered.values() for model in models}
    ordered = sorted(known_models(settings.weights_dir), key=lambda model: list(ROLES).index(model.role))
    rows = [
        (
            *(model.role, model.name, megabytes(model.bytes), model.licence, model.commercial_use),
            "yes" if model in checked else _state(model, settings.model_preferences),
            _use(model, selection, settings.model_preferences),
        )
        for model in ordered
    ]
    print_table(("ROLE", "NAME", "SIZE", "LICENCE", "COMMERCIAL", "INSTALLED", "IN USE"), rows)
    if problem is not None:
        raise problem
    for note in () if selection is None else selection.notes:
        say(note, sys.stderr)
    return 0


def verify_models(parsed: argparse.Namespace, settings: Settings) -> int:
    """Print for each file whether it is what it should be; 1 unless all are. Without names: for every installed one,
    and what would hinder a start. Raises `ModelUnavailable` for bad names.
    """
    known, names = known_models(settings.weights_dir), parsed.names
    models = models_by_name(names, known) if names else [m for m in known if installed(m, settings.weights_dir)]
    wrong = {model: fault(model, settings.weights_dir) for model in models}
    for model, sentence in wrong.items():
        say(f"{model.name}: right" if sentence is None else sentence)
    if not names:
        try:
            choose(settings.model_preferences)
        except ModelUnavailable as error:
            for line in error.message.splitlines():
                if line not in wrong.values():
                    say(line)
            return SOME_FAILED
    return SOME_FAILED if any(wrong.values()) else 0


def _state(model: ModelFile, preferences: ModelPreferences) -> str:
    if not installed(model, preferences.weights_dir):
        return "no"
    return "yes" if fault(model, preferences.weights_dir) is None else "wrong file"


def _use(model: ModelFile, selection: Selection | None, preferences: ModelPreferences) -> str:
    if preferences.refuses(model):
        return "refused"
    if selection is None:
        return "?"
    if model in selection.defaults[model.role]:
        return "yes"
    return "on request" if model in selection.offered[model.role] else "no"
