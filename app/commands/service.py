"""The service that `--server` names: where it is, the key for it, and how many photos it gets at once."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from app.commands.arguments import number
from app.work.errors import BadParameter
from pipeline.errors import PipelineError

KEY_VARIABLE = "LIKENESS_API_KEY"
AT_ONCE, MOST_AT_ONCE = 4, 64


class ServiceStopped(PipelineError):
    """The service takes no more photos: it does not answer any more, or does not know the key."""

    code = "service_stopped"


@dataclass(frozen=True, slots=True)
class Service:
    """Where photos are sent. `at_once`: how many are sent, or wait there, at the same time."""

    url: str
    api_key: str | None
    at_once: int


def add_service_options(parser: argparse.ArgumentParser) -> None:
    """Add what says that a service does the work."""
    group = parser.add_argument_group("a service elsewhere", "The photos are sent there; no model is loaded here.")
    group.add_argument("--server", metavar="URL", help="the address of a service, such as https://likeness.example.org")
    group.add_argument(
        "--jobs",
        metavar="N",
        type=number(1, MOST_AT_ONCE, int),
        default=None,
        help=f"how many photos it gets at once, {AT_ONCE} unless given",
    )
    group.add_argument(
        "--api-key-file",
        metavar="FILE",
        type=Path,
        help=f"a file with the API key or token; unless given, the variable {KEY_VARIABLE}",
    )


def refuse_service_options(parsed: argparse.Namespace) -> None:
    """Raise `BadParameter` for options that have no effect without a service."""
    for name, value in (("--jobs", parsed.jobs), ("--api-key-file", parsed.api_key_file)):
        if value is not None:
            raise BadParameter(f"{name} needs --server.")


def service_of(parsed: argparse.Namespace) -> Service:
    """The service of `--server`. Raises `BadParameter`."""
    return Service(parsed.server, _key(parsed.api_key_file), parsed.jobs or AT_ONCE)


def _key(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(KEY_VARIABLE, "").strip() or None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameter(f"--api-key-file: {file} cannot be read: {error}.") from error
    if not key:
        raise BadParameter(f"--api-key-file: {file} is empty.")
    return key
