"""`python -m app serve`: the service over HTTP."""

import argparse
import logging
from contextlib import suppress

from app.commands.arguments import Commands, number
from app.commands.exit_status import SOME_FAILED
from app.observe.logs import configure
from app.settings import Settings
from pipeline.models.catalogue.selection import choose

logger = logging.getLogger("likeness")


def add_parser(commands: Commands) -> None:
    """Add `serve` to the command line."""
    parser = commands.add_parser("serve", help="serve over HTTP")
    parser.add_argument("--host", help="address to listen on (LIKENESS_HOST)")
    parser.add_argument("--port", type=number(0, 65_535, int), help="port to listen on (LIKENESS_PORT)")
    parser.set_defaults(command=serve)


def serve(parsed: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop; 1 if the server could not start."""
    given = {key: value for key in ("host", "port") if (value := getattr(parsed, key)) is not None}
    settings = settings.model_copy(update=given)
    configure(settings.log_level, settings.log_format)
    if settings.open_to_others:
        logger.warning("anybody who reaches %s may send photos: LIKENESS_API_KEYS is empty", settings.host)
    selection = choose(settings.model_preferences)
    # These import torch, which takes seconds. A wrong model file has been reported before that.
    from app.application import create_app
    from app.connection.server import server_of

    server = server_of(create_app(settings, selection), settings)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again after an orderly stop
        server.run()
    return 0 if server.started else SOME_FAILED
