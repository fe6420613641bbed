"""Admission: limits how many photos are inside, how many of them are decoded, and how many are on the device."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import anyio

from app.work.device_time import DeviceTime
from app.work.errors import Overloaded
from app.work.line import Line, OnPosition
from app.work.shares import Shares
from app.work.turns import Priority, Rounds, Turns
from pipeline.errors import DeadlineExceeded
from pipeline.run import Run

MAX_RETRY_AFTER = 120  # seconds
UPLOAD_S = 0.25  # for which an upload has a place; slower ones, which fill no slot, need one when they are complete
STUCK_S = 60.0  # after its deadline; a photo checks the deadline between tiles, at least every few seconds


@dataclass(frozen=True, eq=False, slots=True)
class Arrival:
    """A photo whose upload has begun. It has a place until `keeps_until`, by `time.monotonic()`, at the longest."""

    client: str
    keeps_until: float


class Admission:
    """Counts photos in and out. Belongs to one event loop.

    `slots` photos are on the device at a time, and `queue_size` more may be inside or arrive. At most `slots` + 1 are
    decoded, on the workbench: the next one is prepared while the device works, but a long queue does not fill the
    memory. Clients have `Shares` of the places, and come to the workbench in `Rounds`.
    """

    def __init__(self, slots: int, queue_size: int) -> None:
        self.slots, self.queue_size = slots, queue_size
        self.inside = 0
        self._shares = Shares(slots, queue_size)
        self._arriving: dict[Arrival, None] = {}  # those that have a place, the first that came in front
        self._slow: set[Arrival] = set()  # those that have lost it
        self._rounds = {priority: Rounds() for priority in Priority}
        self._line = Line(slots)
        self._workbench = Turns(slots + 1)
        self._device = anyio.Semaphore(slots)
        self.device_time = DeviceTime()

    @property
    def on_device(self) -> int:
        """Photos on the device."""
        return len(self._line.on_device)

    @property
    def stuck(self) -> bool:
        """Whether a photo on the device is so far past its deadline that it will never check it again."""
        latest = time.monotonic() - STUCK_S
        return any(run.deadline is not None and run.deadline < latest for run in self._line.on_device)

    @property
    def retry_after(self) -> int:
        """Seconds until all photos inside and one more should be done, estimated from the last photos."""
        return self._seconds_for(self.inside + 1)

    @property
    def waiting(self) -> int:
        """Photos inside that wait for a slot; at most `queue_size`."""
        return self._line.beyond_slots

    @contextmanager
    def arriving(self, client: str) -> Iterator[Arrival]:
        """A place for a photo of this client that begins to arrive. `place` takes it over. Raises `Overloaded`.

        While a slot is free, no client without a place is refused: uploads that have places may never be complete.
        """
        self._take(client, is_complete=False)
        arrival = Arrival(client, time.monotonic() + UPLOAD_S)
        self._arriving[arrival] = None
        try:
            yield arrival
        finally:
            self._end_upload(arrival)
            if arrival in self._arriving:
                del self._arriving[arrival]
                self._shares.give_back(client)
                self._forget_unless_known(client)

    @contextmanager
    def place(
        self,
        run: Run,
        arrival: Arrival,
        on_position: OnPosition | None = None,
        priority: Priority = Priority.INTERACTIVE,
    ) -> Iterator[None]:
        """A place inside for the length of the block. Raises `Overloaded` if the upload took too long to keep one.

        `on_position` is called with the photo's position at once, whenever it changes, and once more when the photo is
        decoded and has to wait. Position 0 means that it is next, or that a slot is free.
        """
        if arrival in self._arriving:
            del self._arriving[arrival]
        else:
            self._take(arrival.client, is_complete=True)
        self._end_upload(arrival)
        self.inside += 1
        self._shares.enter(arrival.client)
        try:
            self._line.enter(run, (priority, self._rounds[priority].next_of(arrival.client)), on_position)
            yield
        finally:
            self.inside -= 1
            self._shares.leave(arrival.client)
            self._forget_unless_known(arrival.client)
            self._line.leave(run)

    @asynccontextmanager
    async def workbench(self, run: Run) -> AsyncIterator[None]:
        """Wait for room to decode. Raises `DeadlineExceeded` when the run's deadline passes."""
        order = priority, present = self._line.order_of(run)
        async with _held(self._workbench.acquire(order), self._workbench.release, run):
            self._rounds[Priority(priority)].begin(present)
            yield

    @asynccontextmanager
    async def device(self, run: Run) -> AsyncIterator[None]:
        """Wait for a slot on the device. Raises `DeadlineExceeded` when the run's deadline passes."""
        self._line.decoded(run)
        async with _held(self._device.acquire(), self._device.release, run):
            self.device_time.start(run)
            self._line.start(run)
            try:
                yield
            finally:
                self.device_time.finish(run)
                self._line.finish(run)

    def foresee(self, run: Run, seconds: float) -> None:
        """The photo on the device is to take so many seconds from now on. Those that wait are told."""
        self.device_time.foresee(run, seconds)
        self._line.send_again()

    def seconds_until_device(self, position: int) -> float | None:
        """About how many seconds a photo at this position in the queue waits for the device; None: unknown."""
        free = self.slots - self.on_device
        # Where slots are free, several photos have position 0.
        return self.device_time.until_free(position + max(0, free - 1), self.slots)

    def forget_clients(self) -> None:
        """Forget the clients that have no place: the server has been idle, so none of them waits for one."""
        self._shares.forget_all()
        self._rounds = {priority: Rounds() for priority in Priority}

    def _take(self, client: str, *, is_complete: bool) -> None:
        """Take a place for a photo of the client. Raises `Overloaded`."""
        now = time.monotonic()
        for late in [arrival for arrival in self._arriving if arrival.keeps_until <= now]:
            self._lapse(late)
        before = self._shares.photos_before(client, self.inside, is_complete=is_complete)
        if before > 0:
            retry_after = self._seconds_for(before)
            self._shares.refuse(client, retry_after)
            raise Overloaded(retry_after)
        if self._shares.free == 0:  # A slot is free, so at least one place is that of an upload.
            self._lapse(next(reversed(self._arriving)))
        self._shares.take(client)

    def _lapse(self, arrival: Arrival) -> None:
        """The upload loses its place and goes on."""
        del self._arriving[arrival]
        self._slow.add(arrival)
        self._shares.lapse(arrival.client)
        self._forget_unless_known(arrival.client)

    def _end_upload(self, arrival: Arrival) -> None:
        if arrival in self._slow:
            self._slow.remove(arrival)
            self._shares.end_upload(arrival.client)

    def _forget_unless_known(self, client: str) -> None:
        if client not in self._shares:
            for rounds in self._rounds.values():
                rounds.forget(client)

    def _seconds_for(self, photos: int) -> int:
        return max(1, min(MAX_RETRY_AFTER, math.ceil(self.device_time.seconds_per_photo * photos / self.slots)))


@asynccontextmanager
async def _held(acquired: Awaitable[None], release: Callable[[], None], run: Run) -> AsyncIterator[None]:
    start = time.perf_counter()
    try:
        with anyio.fail_after(run.remaining_s):
            await acquired
    except TimeoutError as error:
        run.record("queue", time.perf_counter() - start, DeadlineExceeded.code)
        raise DeadlineExceeded("The server was too busy to do this photo in time.", stage="queue") from error
    run.record("queue", time.perf_counter() - start)
    try:
        yield
    finally:
        release()
