"""What `enhance` and `upscale` say: a line for each photo, one for all; with `--json` a document for each too."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from app.commands.exit_status import SOME_FAILED
from app.commands.file_result import FileResult, failed
from app.commands.progress_bar import tqdm
from app.commands.service import ServiceStopped

if TYPE_CHECKING:
    from app.commands.files import FilePlan

Run: TypeAlias = Callable[[Callable[[FileResult], None]], None]  # does the photos, and tells of each


@dataclass
class Told:
    """What was told of the photos of one command. `as_json`: also as documents on standard output."""

    as_json: bool
    sources: set[Path] = field(default_factory=set)
    done: int = 0
    seconds: float = 0.0
    lacking: dict[str, str] = field(default_factory=dict)

    def tell(self, result: FileResult) -> None:
        """Tell of a photo."""
        self.sources.add(result.source)
        self.done += result.done
        self.lacking.update(result.lacking)
        arrow = f" → {result.target}" if result.done else ""
        tqdm.write(f"{result.source}{arrow}: {result.message}", file=sys.stderr)
        if self.as_json:
            _print_document(result)

    @property
    def time_and_pace(self) -> str:
        """How long several photos took, and how many that is a minute, as a sentence; empty for a single one."""
        if len(self.sources) < 2:
            return ""
        per_minute = 60 * self.done / max(self.seconds, 1e-3)
        pace = f", {per_minute:.{0 if per_minute >= 10 else 1}f} photos a minute" if self.done else ""
        return f" {duration(self.seconds)}{pace}."


def tell_of_all(photos: Sequence["FilePlan"], run: Run, *, as_json: bool) -> Told:
    """Do the photos with a progress bar, and tell of each. Raises `ServiceStopped` before the first."""
    told, started = Told(as_json), time.monotonic()
    with tqdm(total=len(photos), unit="photo", disable=None) as bar:

        def tell(result: FileResult) -> None:
            told.tell(result)
            bar.update()

        try:
            run(tell)
        except ServiceStopped as error:
            if not told.sources:
                raise
            bar.write(error.message, file=sys.stderr)
            for plan in photos if as_json else ():
                if plan.source not in told.sources:
                    _print_document(failed(plan.source, plan.target, error))
    told.seconds = time.monotonic() - started
    return told


def duration(seconds: float) -> str:
    """A time for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _print_document(result: FileResult) -> None:
    """One line, ASCII for any terminal. Where nobody reads on, as after `| head`, the command ends."""
    names = {"photo": str(result.source), "result": str(result.target) if result.done else None}
    line = json.dumps({**names, **result.document}, default=_members)
    try:
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        sys.exit(SOME_FAILED)


def _members(value: Any) -> dict[str, Any]:
    """A dataclass of a report as JSON has it."""
    return {member.name: getattr(value, member.name) for member in fields(value)}
