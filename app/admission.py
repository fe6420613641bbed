"""Admission: a bounded number of photos inside, fewer at the workbench, fewest on the device."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio

from app.errors import Overloaded
from pipeline.errors import DeadlineExceeded
from pipeline.run import Run

MAX_RETRY_AFTER = 120  # seconds
STUCK_S = 60.0  # beyond its deadline; a photo looks at it between tiles, every few seconds at the most


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
        self._coming: set[Run] = set()  # not on the device yet
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
    def place(self, run: Run) -> Iterator[None]:
        """A place inside, for as long as the photo is here. Raises `Overloaded`."""
        self.check()
        self.inside += 1
        self._coming.add(run)
        try:
            yield
        finally:
            self.inside -= 1
            self._coming.discard(run)

    @asynccontextmanager
    async def workbench(self, run: Run) -> AsyncIterator[None]:
        """Wait for room to decode. Raises `DeadlineExceeded` when the run's time is over."""
        async with _held(self._workbench, run):
            yield

    @asynccontextmanager
    async def device(self, run: Run) -> AsyncIterator[None]:
        """Wait for the device. Raises `DeadlineExceeded` when the run's time is over."""
        async with _held(self._device, run):
            self._coming.discard(run)
            self._at_device.add(run)
            start = time.monotonic()
            try:
                yield
            finally:
                self._at_device.discard(run)
                self._seconds_per_photo += 0.2 * (time.monotonic() - start - self._seconds_per_photo)


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
