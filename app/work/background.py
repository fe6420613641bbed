"""Photos that nobody waits for: each is done behind the photos that somebody waits for.

They take no place in the queue, and no thread but their own. On the device they run in its threads, between the
synchronous photos and, at each check of their `Run`, make way for those that have come.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.settings import MEBIBYTE, Settings
from app.work import photo
from app.work.admission import STUCK_S
from app.work.cancellation import Cancellation
from app.work.errors import MemoryLow
from app.work.loaded_models import LoadedModels
from app.work.memory import Ledger
from app.work.order import Order
from app.work.photo import Computed, Finished, Source
from app.work.threads import WorkerThreads
from app.work.thumbnail import thumbnail
from pipeline.models.roles import Models
from pipeline.run import OnProgress, Run

# Left free when such a photo reserves its memory: about what a photo of 4 megapixels takes that is doubled.
SPARE_BYTES = 1024 * MEBIBYTE
MEMORY_POLL_S = 0.5  # between two looks whether another photo has given memory back
MOST_POLLS = 20  # after which a photo tries again anyway: other processes give memory back too


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """A finished photo, and a small picture of the result as a WebP file."""

    finished: Finished
    preview: bytes


class Background:
    """Works photos off. Belongs to one event loop. `is_quiet` tells whether no synchronous photo is inside."""

    def __init__(
        self,
        settings: Settings,
        loaded_models: LoadedModels,
        memory: Ledger,
        cancellation: Cancellation,
        is_quiet: Callable[[], bool],
    ) -> None:
        self._settings, self._loaded_models, self._memory = settings, loaded_models, memory
        self._in_thread, self._is_quiet = cancellation.in_thread, is_quiet
        self._threads = WorkerThreads(1, "job")  # decodes and encodes
        self._on_device: set[Run] = set()
        self.inside = 0
        self._at_work = 0  # those inside that have their memory

    @property
    def lost(self) -> bool:
        """Whether the thread has ended."""
        return self._threads.lost

    @property
    def stuck(self) -> bool:
        """Whether a photo on the device is so far past its deadline that it will never check it again.

        One that makes way for another photo does not check it until that one is done or past its own deadline.
        """
        latest = time.monotonic() - STUCK_S - self._settings.deadline_s
        on_device = tuple(self._on_device)  # at once, because the device's threads change it
        return any(run.deadline is not None and run.deadline < latest for run in on_device)

    def new_run(self, on_progress: OnProgress | None = None, cancelled: threading.Event | None = None) -> Run:
        """A run that makes way, whose deadline counts from now. What it waits for others does not count."""
        return Run(
            deadline=time.monotonic() + self._settings.job_timeout_s,
            cancelled=cancelled,
            on_progress=on_progress,
            make_way=self._loaded_models.threads.make_way,
        )

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Reserve what is held of a finished photo for the length of the block: another one may wait for its end."""
        self._at_work += 1
        try:
            with self._memory.held(size):
                yield
        finally:
            self._at_work -= 1

    def close(self) -> None:
        """Let the thread end when its work is done."""
        self._threads.shutdown(wait=False)

    async def work_off(self, order: Order, models: Models, run: Run) -> WorkedOff:
        """The finished photo of an order that is no dry run. `run` comes from `new_run`.

        It waits for memory as long as other photos hold any. Raises `PipelineError`, among them `MemoryLow` where
        nothing else is inside and the photo does not fit. When the awaiting task is cancelled, the photo stops at the
        next check of its `run`.
        """
        self.inside += 1
        try:
            with self._memory.held(len(order.file) + len(order.reference or b"")):
                while True:
                    releases = self._memory.releases
                    if (done := await self._tried(order, models, run)) is not None:
                        return done
                    await self._after_release(releases, run)
        finally:
            self.inside -= 1

    async def _tried(self, order: Order, models: Models, run: Run) -> WorkedOff | None:
        """The finished photo; None where its memory is not free now.

        A synchronous photo is refused where memory is short. So that this is seldom a job's doing, some is left to it
        if that is possible: without it, a job begins only while nothing else is inside.
        """
        try:
            return await self._worked_off(order, models, run, SPARE_BYTES)
        except MemoryLow:
            if self._others_at_work():
                return None
        try:
            return await self._worked_off(order, models, run, 0)
        except MemoryLow:
            if self._others_at_work():  # another job was quicker
                return None
            raise

    async def _after_release(self, releases: int, run: Run) -> None:
        """Wait until memory was given back more than `releases` times, or nothing else is at work.

        Raises what `run.check` raises.
        """
        for _ in range(MOST_POLLS):
            await asyncio.sleep(MEMORY_POLL_S)
            run.postpone(MEMORY_POLL_S)
            run.check()
            if self._memory.releases != releases or not self._others_at_work():
                return

    def _others_at_work(self) -> bool:
        return self._at_work > 0 or not self._is_quiet()

    async def _worked_off(self, order: Order, models: Models, run: Run, spare: int) -> WorkedOff:
        started, limits = time.perf_counter(), self._settings.photo_limits
        with self._memory.account(spare) as claim:
            source = await self._in_thread(self._threads, run, lambda: photo.read(order, models, limits, claim, run))
            self._at_work += 1
            try:
                computed = await self._computed(order, source, models, run)

                def finish() -> WorkedOff:
                    preview = thumbnail(source, computed, run)
                    return WorkedOff(photo.finish(order, source, computed, models, run, started), preview)

                return await self._in_thread(self._threads, run, finish)
            finally:
                self._at_work -= 1

    async def _computed(self, order: Order, source: Source, models: Models, run: Run) -> Computed:
        """What the networks make of the photo, once no other one waits for the device."""
        submitted = time.perf_counter()

        def compute() -> Computed:
            waited = time.perf_counter() - submitted
            run.record("queue", waited)
            run.postpone(waited)
            self._on_device.add(run)
            try:
                return photo.compute(order, source, models, run)
            finally:
                self._on_device.discard(run)

        threads = self._loaded_models.threads.behind
        return await self._in_thread(threads, run, self._loaded_models.watching(compute))
