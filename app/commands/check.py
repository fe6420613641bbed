"""`python -m app check`: every setting, and all that would hinder a start. No model is loaded."""

import argparse
import os
import sys
from collections.abc import Collection

from pydantic import ValidationError

from app.commands.arguments import Commands
from app.commands.exit_status import USAGE_ERROR
from app.commands.settings_faults import masked, sentences, wrong_names
from app.commands.table import print_table, say
from app.connection.listening import listening_fault
from app.environment import read_environment, variable_of
from app.settings import GivenSettings, Settings
from app.work.selection import select
from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.selection import Selection
from pipeline.models.roles import ROLES

MODEL_SETTINGS = frozenset({"models", "licences", "weights_dir", *ROLES})
ADDRESS_SETTINGS = frozenset({"host", "port"})


def add_parser(commands: Commands) -> None:
    """Add `check` to the command line."""
    parser = commands.add_parser("check", help="every setting, and all that would hinder a start")
    parser.set_defaults(command=check)


def check(parsed: argparse.Namespace) -> int:
    """Print the settings, the models that they choose, and everything that is wrong; 2 if a start would fail.

    It reads the settings itself: other commands do not begin with wrong ones.
    """
    given = read_environment(os.environ, Settings.model_fields)
    faults: list[str] = []
    wrong: set[str] = set()
    try:
        settings = Settings()
    except ValidationError as error:
        faults, wrong = sentences(error), wrong_names(error)
        settings = GivenSettings.model_validate({name: text for name, text in given.items() if name not in wrong})
    rows = [
        (
            variable_of(name),
            _shown(name, settings, given.get(name), wrong),
            "environment" if name in given else "default",
        )
        for name in Settings.model_fields
    ]
    print_table(("SETTING", "VALUE", "SOURCE"), rows)
    if not wrong & MODEL_SETTINGS:
        try:
            _print_models(select(settings))
        except ModelUnavailable as error:
            faults += error.message.splitlines()
    if settings.device == "cuda":
        faults += _cuda_faults()
    if not wrong & ADDRESS_SETTINGS:
        fault = listening_fault(settings.host, settings.port)
        faults += [] if fault is None else [fault]
    say("")
    for sentence in faults:
        say(sentence, sys.stderr)
    if faults:
        return USAGE_ERROR
    say(f"All is right: `python -m app serve` would listen on {settings.host}, port {settings.port}.")
    return 0


def _cuda_faults() -> list[str]:
    from pipeline.models.runtime.runtime import choose_runtime  # imports torch, which takes seconds

    try:
        choose_runtime("cuda")
    except ModelUnavailable as error:
        return [error.message]
    return []


def _shown(name: str, settings: Settings, text: str | None, wrong: Collection[str]) -> str:
    """The value of a setting as the table has it: without secrets, and not at all if it may be one and is wrong."""
    field = Settings.model_fields[name]
    if text is not None:
        return masked(text) if field.repr or name not in wrong else "(not shown)"
    value = getattr(settings, name)
    if field.default in ("", None):
        return "(empty)"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _print_models(selection: Selection) -> None:
    """For each role the models that are used, and those that a request may name."""
    say("")
    rows = []
    for role in ROLES:
        used = [model.name for model in selection.defaults[role]]
        on_request = [name for name in selection.offered_names(role) if name not in used]
        rows.append((role, ", ".join(used) or "none", ", ".join(on_request) or "-"))
    print_table(("ROLE", "IN USE", "ON REQUEST"), rows)
    for note in selection.notes:
        say(note)
