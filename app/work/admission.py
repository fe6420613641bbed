"""Admission: a bounded number of photos inside, fewer at the workbench, fewest on the device."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from app.http.errors import Overloaded
from pipeline.errors import DeadlineExceeded
from pipeline.run import Run

MAX_RETRY_AFTER = 120  # seconds
STUCK_S = 60.0  # beyond its deadline; a photo looks at it between tiles, every few seconds at the most

Moved: TypeAlias = Callable[[int], None]  # how many photos are to go on the device before this one


def unheard(position: int) -> None:
    """The default listener of a photo that waits: nobody watches."""


@dataclass(slots=True)
class _Waiting:
    """A photo that is not on the device yet."""

    moved: Moved
    told: int | None = None  # the position that it knows of
    is_decoded: bool = False


class Admission:
    """Counts photos in and out. Belongs to one event loop.

    `slots` photos are on the device at a time, and `queue_size` more may be inside. One more than `slots` is
    at the workbench, decoded: the next photo is made ready while the device works, yet a long queue never
    fills the memory with pixels.
    """

    def __init__(self, slots: int, queue_size: int) -> None:
        self.slots = slots
        self.queue_size = queue_size
        self.inside = 0
        self._coming: dict[Run, _Waiting] = {}  # not on the device yet, in the order in which they will be
        self._at_device: set[Run] = set()
        self._device = anyio.Semaphore(slots)
        self._workbench = anyio.Semaphore(slots + 1)
        self._seconds_per_photo = 1.0  # moving average of the time on the device

    @property
    def on_device(self) -> int:
        """Photos on the device."""
        return len(self._at_device)

    @property
    def stuck(self) -> bool:
        """Whether a photo on the device has been over its time for so long that it will never notice."""
        latest = time.monotonic() - STUCK_S
        return any(run.deadline is not None and run.deadline < latest for run in self._at_device)

    @property
    def retry_after(self) -> int:
        """Seconds in which a place will be free again, as photos have lately taken."""
        seconds = self._seconds_per_photo * (self.inside + 1) / self.slots
        return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds)))

    @property
    def waiting(self) -> int:
        """Photos inside that have not been on the device and have no free slot before them; at most `queue_size`."""
        return max(0, len(self._coming) - (self.slots - self.on_device))

    def check(self) -> None:
        """Raise `Overloaded` if there is no place left."""
        if self.inside >= self.slots + self.queue_size:
            raise Overloaded(self.retry_after)

    @contextmanager
    def place(self, run: Run, moved: Moved = unheard) -> Iterator[None]:
        """A place inside, for as long as the photo is here. Raises `Overloaded`.

        Until the photo is on the device `moved` is told its position: at once, whenever it changes, and once more when
        the photo is decoded and has to wait. 0: it is the next, or a slot is free.
        """
        self.check()
        self.inside += 1
        self._coming[run] = _Waiting(moved)
        self._tell()
        try:
            yield
        finally:
            self.inside -= 1
            self._leave(run)

    @asynccontextmanager
    async def workbench(self, run: Run) -> AsyncIterator[None]:
        """Wait for room to decode. Raises `DeadlineExceeded` when the run's time is over."""
        async with _held(self._workbench, run):
            yield

    @asynccontextmanager
    async def device(self, run: Run) -> AsyncIterator[None]:
        """Wait for the device. Raises `DeadlineExceeded` when the run's time is over."""
        self._line_up(run)
        async with _held(self._device, run):
            self._at_device.add(run)
            self._leave(run)
            start = time.monotonic()
            try:
                yield
            finally:
                self._at_device.discard(run)
                self._seconds_per_photo += 0.2 * (time.monotonic() - start - self._seconds_per_photo)
                self._tell()

    def _line_up(self, run: Run) -> None:
        """A photo that is decoded goes before all that are not yet, whenever these came."""
        waiting = self._coming.pop(run)
        waiting.is_decoded = True
        if self.on_device >= self.slots:
            waiting.told = None  # it was told of its decoding meanwhile
        decoded = {other: line for other, line in self._coming.items() if line.is_decoded}
        self._coming = {**decoded, run: waiting} | self._coming
        self._tell()

    def _leave(self, run: Run) -> None:
        """It waits no more: the others move up."""
        if self._coming.pop(run, None) is not None:
            self._tell()

    def _tell(self) -> None:
        free = max(0, self.slots - self.on_device - 1)  # slots beside the one that the first in the line gets
        for index, waiting in enumerate(self._coming.values()):
            position = max(0, index - free)
            if position != waiting.told:
                waiting.told = position
                waiting.moved(position)


@asynccontextmanager
async def _held(semaphore: anyio.Semaphore, run: Run) -> AsyncIterator[None]:
    start = time.perf_counter()
    try:
        with anyio.fail_after(run.remaining_s):
            await semaphore.acquire()
    except TimeoutError as error:
        run.record("queue", time.perf_counter() - start, DeadlineExceeded.code)
        raise DeadlineExceeded("The server was too busy to do this photo in time.", stage="queue") from error
    run.record("queue", time.perf_counter() - start)
    try:
        yield
    finally:
        semaphore.release()
