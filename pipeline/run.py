"""One photo's run through the pipeline: its deadline, its cancel flag, the time each stage took, what to tell the user.

A `Run` belongs to one request and is passed along explicitly; nothing of it is shared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from pipeline.errors import Cancelled, DeadlineExceeded, DeviceOutOfMemory, PipelineError, StageFailed
from pipeline.types import Notice

Progress = Callable[[str, float], None]


def unwatched(stage: str, fraction: float) -> None:
    """The default listener of a run: nobody watches."""


def memory_ran_out(error: Exception) -> bool:
    """Whether memory ran out: in a network (its adapter has raised `DeviceOutOfMemory`), in Python or in OpenCV."""
    opencv = isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    return opencv or isinstance(error, DeviceOutOfMemory | MemoryError)


@dataclass(frozen=True, slots=True)
class StageTime:
    """When a stage began and ended, in nanoseconds since 1970, and the code of the error that it ended with, if any."""

    name: str
    start_ns: int
    end_ns: int
    error: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end_ns - self.start_ns) / 1e9


class Run:
    """Measures stages and stops the work when it is no longer wanted.

    `deadline` is a reading of `time.monotonic()` in seconds, or None for no limit. `cancelled` may be
    set from any thread. `on_progress(stage, fraction)` is called from the working thread, with the
    part of the stage that is done, in [0, 1]. `notices` are what the user should know of how the work went.
    """

    def __init__(
        self,
        *,
        deadline: float | None = None,
        cancelled: threading.Event | None = None,
        on_progress: Progress = unwatched,
    ) -> None:
        self.deadline = deadline
        self.cancelled = cancelled or threading.Event()
        self.timings_ms: dict[str, float] = {}
        self.notices: list[Notice] = []
        self._on_progress = on_progress
        self._stages: list[StageTime] = []
        self._stage: str | None = None
        self._stage_start = 0.0
        self._fraction = 0.0

    @property
    def stages(self) -> list[StageTime]:
        """Every stage so far, in the order in which they ended; one that is being worked on is `unfinished`."""
        done, present = list(self._stages), self._stage  # in this order: it may end in its thread meanwhile
        if present is None:
            return done
        return [*done, _ended_now(present, time.perf_counter() - self._stage_start, "unfinished")]

    def record(self, name: str, seconds: float, error: str | None = None) -> None:
        """Add a stage that ended just now, with an error's code if it failed; times of the same name add up."""
        self._stages.append(_ended_now(name, seconds, error))
        self.timings_ms[name] = self.timings_ms.get(name, 0.0) + seconds * 1000

    @property
    def present_stage(self) -> str | None:
        """The stage that is being worked on; None between stages."""
        return self._stage

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the deadline, at least 0; None without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raise `Cancelled` or `DeadlineExceeded` if this run should not go on."""
        if self.cancelled.is_set():
            raise Cancelled("The client went away before the photo was done.", stage=self._stage)
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineExceeded("The photo took longer than this server allows.", stage=self._stage)

    def note(self, notice: Notice) -> None:
        """Add a notice, unless it is there already: the user reads it once, however often there was cause for it."""
        if notice not in self.notices:
            self.notices.append(notice)

    def progress(self, done: int, total: int) -> None:
        """Say that `done` of `total` parts of the present stage are finished, then `check`."""
        if self._stage is not None:
            self._fraction = max(self._fraction, done / total if total else 1.0)  # also if work is begun anew
            self._on_progress(self._stage, self._fraction)
        self.check()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, check before it starts, and give its name to whatever goes wrong inside."""
        self._stage_start = time.perf_counter()
        self._stage, self._fraction = name, 0.0
        code = None
        try:
            self.check()
            self._on_progress(name, 0.0)
            yield
        except PipelineError as error:
            error.stage = error.stage or name
            code = error.code
            raise
        except Exception as error:
            if memory_ran_out(error):
                code = DeviceOutOfMemory.code
                raise DeviceOutOfMemory("Not enough memory for this photo right now.", stage=name) from error
            code = StageFailed.code
            raise StageFailed(f"The {name} step failed.", stage=name) from error
        finally:
            self._stage = None
            self.record(name, time.perf_counter() - self._stage_start, code)


def _ended_now(name: str, seconds: float, error: str | None) -> StageTime:
    end_ns = time.time_ns()
    return StageTime(name, end_ns - round(seconds * 1e9), end_ns, error)
