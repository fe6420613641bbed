"""`python -m app models`: the model files on this machine, listed, verified, downloaded."""

import argparse
import sys
from collections.abc import Sequence

from app.commands.arguments import Commands
from app.commands.download import pull_models
from app.commands.status import SOME_FAILED, USAGE_ERROR
from app.commands.table import megabytes, print_table, say
from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.registry import ROLES, ModelFile
from pipeline.models.catalogue.selection import Selection, Shelf, choose, known_models, models_by_name
from pipeline.models.catalogue.weights import fault, installed

COLUMNS = ("ROLE", "NAME", "SIZE", "LICENCE", "COMMERCIAL", "INSTALLED", "IN USE")


def add_parser(commands: Commands) -> None:
    """Add `models` to the command line."""
    models = commands.add_parser("models", help="the models and their state").add_subparsers(
        required=True, metavar="COMMAND"
    )
    models.add_parser("list", help="every known model, its licence and whether it is in use").set_defaults(
        command=_list
    )
    verify = models.add_parser("verify", help="whether the files are what they should be")
    verify.add_argument("names", nargs="*", metavar="NAME", help="unless given: all that are installed")
    verify.set_defaults(command=_verify)
    pull = models.add_parser("pull", help="download official models")
    pull.add_argument("names", nargs="*", metavar="NAME", help="unless given: the best of every role")
    pull.add_argument(
        "--accept-licences", action="store_true", help="also those that are not free for commercial use; they are shown"
    )
    pull.set_defaults(command=_pull)


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    problem = list_models(settings)
    if problem is None:
        return 0
    print(problem, file=sys.stderr)
    return USAGE_ERROR


def _verify(parsed: argparse.Namespace, settings: Settings) -> int:
    return 0 if verify_models(parsed.names, settings) else SOME_FAILED


def _pull(parsed: argparse.Namespace, settings: Settings) -> int:
    return 0 if pull_models(parsed.names, settings, accept_licences=parsed.accept_licences) else SOME_FAILED


def list_models(settings: Settings) -> str | None:
    """Print every known model and its state. What hinders a start, as sentences; None if nothing does.

    Raises `ModelUnavailable` for a table of own models that cannot be read.
    """
    selection, problem = None, None
    try:
        selection = choose(settings.shelf)
    except ModelUnavailable as error:  # the table is what helps to mend it
        problem = error.message
    checked = set() if selection is None else {model for models in selection.offered.values() for model in models}
    models = known_models(settings.weights_dir)
    ordered = sorted(models, key=lambda model: ROLES.index(model.role))
    print_table(
        COLUMNS,
        [
            (
                model.role,
                model.name,
                megabytes(model.bytes),
                model.licence,
                model.commercial_use,
                "yes" if model in checked else _state(model, settings.shelf),
                _use(model, selection, settings.shelf),
            )
            for model in ordered
        ],
    )
    for note in () if selection is None else selection.notes:
        say(note, sys.stderr)
    return problem


def verify_models(names: Sequence[str], settings: Settings) -> bool:
    """Print for each file whether it is what it should be; true if all are.

    Without names: for every installed one, and what would hinder a start. Raises `ModelUnavailable` for bad names.
    """
    known = known_models(settings.weights_dir)
    models = models_by_name(names, known) if names else [m for m in known if installed(m, settings.weights_dir)]
    wrong = {model: fault(model, settings.weights_dir) for model in models}
    for model, sentence in wrong.items():
        say(f"{model.name}: right" if sentence is None else sentence)
    if not names:
        try:
            choose(settings.shelf)
        except ModelUnavailable as error:
            told = set(wrong.values())
            for line in error.message.splitlines():
                if line not in told:
                    say(line)
            return False
    return not any(wrong.values())


def _state(model: ModelFile, shelf: Shelf) -> str:
    if not installed(model, shelf.weights_dir):
        return "no"
    return "yes" if fault(model, shelf.weights_dir) is None else "wrong file"


def _use(model: ModelFile, selection: Selection | None, shelf: Shelf) -> str:
    if shelf.refuses(model):
        return "refused"
    if selection is None:
        return "?"
    if model in selection.defaults[model.role]:
        return "yes"
    return "on request" if model in selection.offered[model.role] else "no"
