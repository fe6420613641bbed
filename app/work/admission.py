"""Admission: a bounded number of photos is inside, fewer of them are decoded, and fewest are on the device."""

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from app.work.errors import Overloaded
from pipeline.errors import DeadlineExceeded
from pipeline.run import Run

MAX_RETRY_AFTER = 120  # seconds
STUCK_S = 60.0  # after its deadline; a photo checks the deadline between tiles, at least every few seconds

Moved: TypeAlias = Callable[[int], None]  # called with the number of photos that go on the device before this one


@dataclass(slots=True)
class _Waiting:
    """A photo that is not on the device yet. `sent` is the last position that its client was sent."""

    moved: Moved | None
    sent: int | None = None
    is_decoded: bool = False


class Admission:
    """Counts photos in and out. Belongs to one event loop.

    `slots` photos are on the device at a time, and `queue_size` more may be inside. At most `slots` + 1 are decoded, on
    the workbench: the next one is prepared while the device works, but a long queue does not fill the memory.
    """

    def __init__(self, slots: int, queue_size: int) -> None:
        self.slots, self.queue_size = slots, queue_size
        self.inside = 0
        self._line: dict[Run, _Waiting] = {}  # photos that go on the device, in this order
        self._at_device: set[Run] = set()
        self._device = anyio.Semaphore(slots)
        self._workbench = anyio.Semaphore(slots + 1)
        self._seconds_per_photo = 1.0  # on the device, as a moving average

    @property
    def on_device(self) -> int:
        """Photos on the device."""
        return len(self._at_device)

    @property
    def stuck(self) -> bool:
        """Whether a photo on the device is so far past its deadline that it will never check it again."""
        latest = time.monotonic() - STUCK_S
        return any(run.deadline is not None and run.deadline < latest for run in self._at_device)

    @property
    def retry_after(self) -> int:
        """Seconds until a place should be free, estimated from the last photos."""
        return max(1, min(MAX_RETRY_AFTER, math.ceil(self._seconds_per_photo * (self.inside + 1) / self.slots)))

    @property
    def waiting(self) -> int:
        """Photos inside that wait for a slot; at most `queue_size`."""
        return max(0, len(self._line) - (self.slots - self.on_device))

    def check(self) -> None:
        """Raise `Overloaded` if there is no place left."""
        if self.inside >= self.slots + self.queue_size:
            raise Overloaded(self.retry_after)

    @contextmanager
    def place(self, run: Run, moved: Moved | None = None) -> Iterator[None]:
        """A place inside for the length of the block. Raises `Overloaded`.

        `moved` is called with the photo's position at once, whenever it changes, and once more when the photo is
        decoded and has to wait. Position 0 means that it is next, or that a slot is free.
        """
        self.check()
        self.inside += 1
        self._line[run] = _Waiting(moved)
        self._send_positions()
        try:
            yield
        finally:
            self.inside -= 1
            self._leave_line(run)

    def workbench(self, run: Run) -> AbstractAsyncContextManager[None]:
        """Wait for room to decode. Raises `DeadlineExceeded` when the run's deadline passes."""
        return _held(self._workbench, run)

    @asynccontextmanager
    async def device(self, run: Run) -> AsyncIterator[None]:
        """Wait for a slot on the device. Raises `DeadlineExceeded` when the run's deadline passes."""
        # A decoded photo goes before all that are not decoded yet, even if these came earlier.
        waiting = self._line.pop(run)
        waiting.is_decoded = True
        if self.on_device >= self.slots:
            waiting.sent = None  # its client has been sent the stage "decode" since: send the position again
        decoded = {other: entry for other, entry in self._line.items() if entry.is_decoded}
        self._line = {**decoded, run: waiting} | self._line
        self._send_positions()
        async with _held(self._device, run):
            self._at_device.add(run)
            self._leave_line(run)
            start = time.monotonic()
            try:
                yield
            finally:
                self._at_device.discard(run)
                self._seconds_per_photo += 0.2 * (time.monotonic() - start - self._seconds_per_photo)
                self._send_positions()

    def _leave_line(self, run: Run) -> None:
        if self._line.pop(run, None) is not None:
            self._send_positions()

    def _send_positions(self) -> None:
        free = max(0, self.slots - self.on_device - 1)  # slots beside the one that the first in the line gets
        for index, waiting in enumerate(self._line.values()):
            position = max(0, index - free)
            if position != waiting.sent:
                waiting.sent = position
                if waiting.moved is not None:
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
