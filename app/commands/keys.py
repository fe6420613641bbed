"""`python -m app keys new`: an API key."""

import argparse

from app.access.keys import NAME, new_key
from app.commands.arguments import Commands
from app.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `keys` to the command line."""
    keys = commands.add_parser("keys", help="the API keys").add_subparsers(required=True, metavar="COMMAND")
    new = keys.add_parser("new", help="make a key, and what LIKENESS_API_KEYS must know of it")
    new.add_argument("name", metavar="NAME", type=_key_name, help="whose key it is: a-z, 0-9, _ and -")
    new.set_defaults(command=print_new_key)


def print_new_key(parsed: argparse.Namespace, settings: Settings) -> int:
    """Print a new key, and its entry for the setting."""
    key, entry = new_key(parsed.name)
    print(f"The key, for whoever sends photos; it is shown this once:\n  {key}")
    print(f"To be added to LIKENESS_API_KEYS, after a comma if there are others:\n  {entry}")
    return 0


def _key_name(text: str) -> str:
    """A type for argparse."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is not made of a-z, 0-9, _ and - (64 at most)")
    return text
