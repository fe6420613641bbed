"""The command line: `python -m app serve`, `enhance`, `models`, `keys` and `openapi`."""

import argparse
import sys

from pydantic import ValidationError

from app.commands import keys, models, openapi, photos, serve
from app.commands.exit_status import INTERRUPTED, USAGE_ERROR
from app.settings import Settings
from pipeline.errors import PipelineError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 some of it failed, 2 it could not be started, 130 Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Restore faces in photos, with figures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (serve, photos, models, keys, openapi):
        module.add_parser(commands)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.command(parsed, Settings())
    except ValidationError as error:
        for wrong in error.errors():
            name = "_".join(str(part) for part in wrong["loc"]).upper()
            field = Settings.model_fields.get(str(wrong["loc"][0]))
            shown = f" (it is {wrong['input']!r})" if field is None or field.repr else ""
            print(f"LIKENESS_{name}: {wrong['msg'].removeprefix('Value error, ')}{shown}.", file=sys.stderr)
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
