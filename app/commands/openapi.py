"""`python -m app openapi`: the OpenAPI document."""

import argparse
import json

from app.commands.arguments import Commands
from app.settings import GivenSettings, Settings


def add_parser(commands: Commands) -> None:
    """Add `openapi` to the command line."""
    parser = commands.add_parser("openapi", help="print the OpenAPI document, as JSON")
    parser.set_defaults(command=print_document)


def print_document(parsed: argparse.Namespace, settings: Settings) -> int:
    """Print the document as it is with default settings, whatever is set here: it is compared with web/openapi.json."""
    from app.application import create_app  # imports torch, which takes seconds

    app = create_app(GivenSettings(models="embedded", device="cpu"))
    print(json.dumps(app.openapi(), indent=2, sort_keys=True))
    return 0
