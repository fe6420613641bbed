"""The command line: `python -m app serve`, `worker`, `enhance`, `upscale`, `check`, `models`, `keys` and `openapi`."""

import argparse
import sys
from io import TextIOWrapper

from pydantic import ValidationError

from app.commands import check, keys, models, openapi, photos, serve, worker
from app.commands.exit_status import INTERRUPTED, USAGE_ERROR
from app.commands.settings_faults import sentences
from app.settings import Settings
from pipeline.errors import PipelineError


def parser_of_all() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Restore faces in photos, with figures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (serve, worker, photos, check, models, keys, openapi):
        module.add_parser(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 some of it failed, 2 it could not be started, 130 Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode must not end a command
    parsed = parser_of_all().parse_args(arguments)
    try:
        if photos.is_elsewhere(parsed):
            return photos.send(parsed)
        status: int = check.check(parsed) if parsed.command is check.check else parsed.command(parsed, Settings())
    except ValidationError as error:
        for sentence in sentences(error):
            print(sentence, file=sys.stderr)
        return USAGE_ERROR
    except PipelineError as error:  # its message is written for the user
        print(error.message, file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return status


if __name__ == "__main__":
    sys.exit(main())
