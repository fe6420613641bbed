"""`python -m app worker`: do the jobs of a broker."""

import argparse
import sys

from app.commands.arguments import Commands
from app.commands.exit_status import SOME_FAILED, USAGE_ERROR
from app.commands.places_fault import places_fault
from app.commands.table import say
from app.connection.listening import listening_fault
from app.observe.logs import configure
from app.settings import Settings
from app.work.selection import select
from jobs.broker.queues import QUEUES


def add_parser(commands: Commands) -> None:
    """Add `worker` to the command line."""
    parser = commands.add_parser("worker", help="do the jobs of LIKENESS_BROKER_URL, one at a time")
    parser.add_argument(
        "--queues",
        type=_queues,
        default=QUEUES,
        help=f"those to take jobs from, the first ones first (default {','.join(QUEUES)})",
    )
    parser.set_defaults(command=worker)


def worker(parsed: argparse.Namespace, settings: Settings) -> int:
    """Work until told to stop; 1 if the worker could not go on, 2 if the settings hinder it.

    Raises `ModelUnavailable` for models that cannot be used.
    """
    configure(settings.log_level, settings.log_format)
    if not settings.broker_url:
        say("LIKENESS_BROKER_URL: it is missing. A worker gets its jobs from there.", sys.stderr)
        return USAGE_ERROR
    fault = places_fault(settings)
    if fault is None and settings.worker_port:
        fault = listening_fault(settings.host, settings.worker_port, "LIKENESS_WORKER_PORT")
    if fault is not None:
        say(fault, sys.stderr)
        return USAGE_ERROR
    selection = select(settings)
    # This imports torch, which takes seconds. A wrong model file has been reported before that.
    from app.commands.observed_worker import run_observed

    return 0 if run_observed(settings, selection, parsed.queues) else SOME_FAILED


def _queues(text: str) -> tuple[str, ...]:
    """A type for argparse."""
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in QUEUES]
    if unknown or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"these are some of {','.join(QUEUES)}, each once, with commas between them")
    return names
