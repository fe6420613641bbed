"""One photo's run through the pipeline: its deadline, its cancel flag, the time of each stage, and its notices.

A `Run` belongs to one request and is passed along explicitly; no two requests share one.
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

OnProgress = Callable[[str, float], None]


def memory_ran_out(error: Exception) -> bool:
    """Whether memory ran out: in a network (its adapter has raised `DeviceOutOfMemory`), in Python or in OpenCV."""
    opencv = isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    return opencv or isinstance(error, DeviceOutOfMemory | MemoryError)


@dataclass(frozen=True, slots=True)
class StageTime:
    """When a stage began and ended, in nanoseconds since 1970, and the code of the error that ended it, if any."""

    name: str
    start_ns: int
    end_ns: int
    error: str | None = None

    @property
    def seconds(self) -> float:
        """The stage's duration."""
        return (self.end_ns - self.start_ns) / 1e9


class Run:
    """Measures stages, and stops the work when it is cancelled or its deadline has passed.

    `deadline` is a reading of `time.monotonic()` in seconds, or None for no limit. `cancelled` may be set from any
    thread. `on_progress(stage, fraction)` is called in the working thread with the part of the stage that is done, in
    [0, 1]. `notices` collects what the user should know about the work. `make_way` is called by each check, in the
    working thread: it does other work that goes first, and returns the seconds that it took.
    """

    def __init__(
        self,
        *,
        deadline: float | None = None,
        cancelled: threading.Event | None = None,
        on_progress: OnProgress | None = None,
        make_way: Callable[[], float] | None = None,
    ) -> None:
        self.deadline = deadline
        self.cancelled = cancelled or threading.Event()
        self.timings_ms: dict[str, float] = {}
        self.notices: list[Notice] = []
        self._on_progress, self._make_way = on_progress, make_way
        self._stages: list[StageTime] = []
        self._stage: str | None = None
        self._stage_start = 0.0
        self._fraction = 0.0
        self._part = (0.0, 1.0)  # of the stage, which progress is counted in

    @property
    def stages(self) -> list[StageTime]:
        """Every stage so far, in the order in which they ended; a running stage is last, with error `unfinished`."""
        done, present = list(self._stages), self._stage  # read in this order, as the working thread may end the stage
        if present is None:
            return done
        return [*done, _ended_now(present, time.perf_counter() - self._stage_start, "unfinished")]

    def record(self, name: str, seconds: float, error: str | None = None) -> None:
        """Add a stage that ended just now, with the error's code if it failed; `timings_ms` sums stages of one name."""
        self._stages.append(_ended_now(name, seconds, error))
        self.timings_ms[name] = self.timings_ms.get(name, 0.0) + seconds * 1000

    @property
    def latest_stage(self) -> str | None:
        """The running stage, else the one that ended last; None before the first."""
        return self._stage or (self._stages[-1].name if self._stages else None)

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the deadline, at least 0; None without a deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Let other work go first. Raise `Cancelled` or `DeadlineExceeded` if this run must stop."""
        if self._make_way is not None and not self.cancelled.is_set():  # then it gives the device up altogether
            self.postpone(self._make_way())
        if self.cancelled.is_set():
            raise Cancelled("The client went away before the photo was done.", stage=self._stage)
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineExceeded("The photo took longer than this server allows.", stage=self._stage)

    def postpone(self, seconds: float) -> None:
        """Other work has had the device for so many seconds: this run's stage and deadline begin so much later."""
        self._stage_start += seconds
        if self.deadline is not None:
            self.deadline += seconds

    def note(self, notice: Notice) -> None:
        """Add a notice, unless it is there already: the user reads it once, even if its cause occurs more often."""
        if notice not in self.notices:
            self.notices.append(notice)

    def progress(self, done: int, total: int) -> None:
        """Report that `done` of `total` parts of the running stage are finished, then `check`."""
        if self._stage is not None:
            # Never lower than before, even if a part of the work is done again.
            begin, end = self._part
            self._fraction = max(self._fraction, begin + (end - begin) * done / total if total else end)
            self._report(self._stage, self._fraction)
        self.check()

    @contextmanager
    def part(self, begin: float, end: float) -> Iterator[None]:
        """Progress that is reported inside is this part of the running stage: from `begin` to `end`, in [0, 1]."""
        self._part = begin, end
        try:
            yield
        finally:
            self._part = 0.0, 1.0

    def _report(self, stage: str, fraction: float) -> None:
        if self._on_progress is not None:
            self._on_progress(stage, fraction)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, `check` before it starts, and set its name on any error raised inside.

        Raises `DeviceOutOfMemory` where memory ran out inside, and `StageFailed` for any other unexpected exception.
        """
        self._stage_start = time.perf_counter()
        self._stage, self._fraction = name, 0.0
        code = None
        try:
            self.check()
            self._report(name, 0.0)
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
            self.record(name, time.perf_counter() - self._stage_start, code)
            self._stage = None  # after it is recorded, as another thread may ask for the latest stage


def _ended_now(name: str, seconds: float, error: str | None) -> StageTime:
    end_ns = time.time_ns()
    return StageTime(name, end_ns - round(seconds * 1e9), end_ns, error)
