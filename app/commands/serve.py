"""`python -m app serve`: the service over HTTP."""

import argparse
import logging
import sys
from contextlib import suppress

from app.commands.arguments import Commands, number
from app.commands.exit_status import SOME_FAILED, USAGE_ERROR
from app.commands.places_fault import places_fault
from app.commands.table import say
from app.connection.listening import listening_fault
from app.observe.logs import configure
from app.setting_types import check_host
from app.settings import Settings
from app.work.selection import select

logger = logging.getLogger("likeness")


def add_parser(commands: Commands) -> None:
    """Add `serve` to the command line."""
    parser = commands.add_parser("serve", help="serve over HTTP")
    parser.add_argument("--host", type=_host, help="address to listen on (LIKENESS_HOST)")
    parser.add_argument("--port", type=number(0, 65_535, int), help="port to listen on (LIKENESS_PORT)")
    parser.set_defaults(command=serve)


def serve(parsed: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop; 1 if the server could not start, 2 if the settings hinder it.

    Raises `ModelUnavailable` for models that cannot be used.
    """
    given = {key: value for key in ("host", "port") if (value := getattr(parsed, key)) is not None}
    settings = settings.model_copy(update=given)
    configure(settings.log_level, settings.log_format)
    if settings.open_to_others:
        logger.warning("anybody who reaches %s may send photos: there are neither keys nor tokens", settings.host)
    fault = listening_fault(settings.host, settings.port)
    if fault is not None:
        say(fault, sys.stderr)
        return USAGE_ERROR
    fault = places_fault(settings)
    if fault is not None:
        say(fault, sys.stderr)
        return USAGE_ERROR
    selection = select(settings)
    # These import torch, which takes seconds. A wrong model file has been reported before that.
    from app.application import create_app
    from app.connection.server import server_of

    server = server_of(create_app(settings, selection), settings)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly stop
        server.run()
    return 0 if server.started else SOME_FAILED


def _host(text: str) -> str:
    """A type for argparse."""
    try:
        return check_host(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
