"""Photos through the process: each waits for its turn, and each part of its work is done in the right thread."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from app.settings import Settings
from app.work import photo
from app.work.admission import Admission, Arrival
from app.work.background import Background, WorkedOff
from app.work.cancellation import Cancellation
from app.work.dry_report import DryRun
from app.work.dry_run import Estimator, learn_from, look
from app.work.errors import MemoryLow, ShuttingDown
from app.work.line import OnPosition
from app.work.loaded_models import LoadedModels
from app.work.memory import Ledger
from app.work.order import Order
from app.work.photo import Finished, Source
from app.work.progress import Progress
from app.work.report import Report, rounded
from app.work.threads import WorkerThreads
from app.work.time_limit import may_shorten, within_deadline
from pipeline.models.roles import Models
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.run import OnProgress, Run
from pipeline.types import Workload

Result = TypeVar("Result")
Done: TypeAlias = Finished | DryRun
Write: TypeAlias = Callable[[Done, Run], bytes]  # makes the body of an answer, in a thread

# Stages on the device after the faces are known.
ON_DEVICE = ("restoration", "identity", "upscaling", "blending", "metrics")

IDLE_S = 5.0  # without a photo, after which freed memory goes back to the system


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished photo as it is answered. `photo_pixels` is the size of what came in."""

    body: bytes
    report: Report | DryRun
    photo_pixels: int


class Service:
    """Takes orders. They share nothing but the models and the slots that `admission` counts."""

    def __init__(self, settings: Settings, loaded_models: LoadedModels) -> None:
        self.settings, self.loaded_models = settings, loaded_models
        self.started = time.monotonic()
        self.admission = Admission(settings.slots, settings.queue_size)
        self.memory, self.cancellation = Ledger(), Cancellation()
        self.draining = False  # the server is stopping: no new photos
        self._threads = WorkerThreads(settings.slots + 1, "photo")  # one per decoded photo
        self.background = Background(
            settings, loaded_models, self.memory, self.cancellation, lambda: self.admission.inside == 0
        )
        self._idle: asyncio.TimerHandle | None = None

    @property
    def readiness(self) -> Literal["loading", "ready", "draining", "failed"]:
        """Whether photos are accepted, and if not, why."""
        self._fail_without_threads()
        if self.loaded_models.state == "ready":
            is_stuck = self.admission.stuck or self.background.stuck
            return "failed" if is_stuck else "draining" if self.draining else "ready"
        return self.loaded_models.state

    async def start(self) -> None:
        """Load the models."""
        await self.loaded_models.load_in_background()
        self.memory.settle()

    def close(self) -> None:
        """Let the threads end when their work is done."""
        if self._idle is not None:
            self._idle.cancel()
        self._threads.shutdown(wait=False)
        self.background.close()
        self.loaded_models.close()

    def arriving(self, client: str) -> AbstractContextManager[Arrival]:
        """A place for an order of this client that begins to arrive. Raises `ShuttingDown`, `NotReady`, `Overloaded`.

        A client is whatever name the caller has for it; the places are shared among the names.
        """
        if self.draining:
            raise ShuttingDown
        _ = self._usable_models()
        return self.admission.arriving(client)

    def new_run(self, on_progress: OnProgress | None = None) -> Run:
        """A run whose deadline counts from now."""
        return Run(deadline=time.monotonic() + self.settings.deadline_s, on_progress=on_progress)

    async def settled(self, order: Order, limit_s: float | None = None) -> Order:
        """The order as it can be done in `limit_s` seconds (None: the deadline of a synchronous photo).

        Raises what `within_deadline` raises, and `NotReady`.
        """
        if not may_shorten(order):
            return order
        models, pace, settings = self._usable_models(), self.loaded_models.starting_pace, self.settings
        limit = settings.deadline_s if limit_s is None else limit_s
        most_pixels = settings.photo_limits.max_input_pixels
        return await asyncio.to_thread(within_deadline, order, models, pace, limit, most_pixels)

    async def process(
        self, order: Order, arrival: Arrival, run: Run, write: Write, progress: Progress | None = None
    ) -> Answer:
        """The answer to one order; `write` makes its body. `progress` gets its place in the queue and its plan.

        Raises `PipelineError`, among them `Overloaded`, `NotReady` and `MemoryLow`. When the awaiting task is
        cancelled, a waiting photo leaves the queue at once, and one in work stops at the next check of its `run`.
        """
        models = self._usable_models()
        self._stay_awake()
        try:
            size = len(order.file) + len(order.reference or b"")
            moved = None if progress is None else self._telling(progress)
            with self.admission.place(run, arrival, moved), self.memory.held(size):
                try:
                    return await self._processed(order, models, run, write, progress)
                except MemoryLow as error:  # while the photo still counts as inside
                    error.retry_after = self.admission.retry_after
                    raise
        finally:
            self._rest_soon()

    async def work_off(self, order: Order, run: Run) -> WorkedOff:
        """A photo that nobody waits for, done behind the others; `run` comes from `background.new_run`.

        Raises `NotReady` and what `Background.work_off` raises.
        """
        models = self._usable_models()
        self._stay_awake()
        try:
            order = await self.settled(order, self.settings.job_timeout_s)
            return await self.background.work_off(order, models, run)
        finally:
            self._rest_soon()

    async def warm_up(self, work: Callable[[Models, Run], None], arrival: Arrival, run: Run) -> dict[str, float]:
        """Run `work` on the device when it is free; milliseconds per stage."""
        models = self._usable_models()
        with self.admission.place(run, arrival):
            async with self.admission.device(run):
                await self._on_device(run, lambda: work(models, run))
        return rounded(run.timings_ms)

    def _usable_models(self) -> Models:
        """The models. Raises `NotReady` without them, and without a thread that photos would wait for."""
        self._fail_without_threads()
        return self.loaded_models.models

    def _fail_without_threads(self) -> None:
        if self._threads.lost or self.background.lost or self.loaded_models.threads.lost:
            self.loaded_models.fail("a thread that works on photos has ended.")

    async def _processed(
        self, order: Order, models: Models, run: Run, write: Write, progress: Progress | None
    ) -> Answer:
        started, limits = time.perf_counter(), self.settings.photo_limits
        in_thread = self.cancellation.in_thread
        async with self.admission.workbench(run):
            with self.memory.account() as claim:
                source = await in_thread(self._threads, run, lambda: photo.read(order, models, limits, claim, run))
                if order.output.dry_run:
                    return await self._foreseen(order, source, models, run, write)

                loop = asyncio.get_running_loop()

                def planned(workload: Workload) -> None:
                    stages_s = Estimator(self.loaded_models.pace).stages_s(order, source, workload, models, run)
                    if progress is not None:
                        progress.planned(stages_s)
                    on_device_s = sum(stages_s.get(stage, 0.0) for stage in ON_DEVICE)
                    with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                        loop.call_soon_threadsafe(self.admission.foresee, run, on_device_s)

                async with self.admission.device(run):
                    computed = await self._on_device(run, lambda: photo.compute(order, source, models, run, planned))

                def finish() -> Answer:
                    finished = photo.finish(order, source, computed, models, run, started)
                    answer = Answer(write(finished, run), finished.report, finished.photo_pixels)
                    learn_from(order, source, computed, models, self.loaded_models.pace, run)
                    return answer

                return await in_thread(self._threads, run, finish)

    def _telling(self, progress: Progress) -> OnPosition:
        """What tells `progress` the place in the queue, and the seconds until its turn."""
        return lambda position: progress.moved(position, self.admission.seconds_until_device(position))

    async def _foreseen(self, order: Order, source: Source, models: Models, run: Run, write: Write) -> Answer:
        """The answer of a dry run, which has the device while it looks for faces."""
        if order.task == "enhance":
            async with self.admission.device(run):
                seen = await self._on_device(run, lambda: look(order, source, models, run))
        else:
            seen = await self.cancellation.in_thread(self._threads, run, lambda: look(order, source, models, run))
        estimator = Estimator(self.loaded_models.pace, self.settings.deadline_s)

        def tell() -> Answer:
            report = estimator.report(order, source, seen, models, run)
            return Answer(write(report, run), report, source.photo.width * source.photo.height)

        return await self.cancellation.in_thread(self._threads, run, tell)

    async def _on_device(self, run: Run, work: Callable[[], Result]) -> Result:
        """`work` in a device thread. `DeviceFailed` ends the service of this process."""
        loaded_models, submitted = self.loaded_models, time.perf_counter()

        def begun() -> Result:
            run.record("queue", time.perf_counter() - submitted)  # for the present part of a job
            return work()

        return await self.cancellation.in_thread(loaded_models.threads, run, loaded_models.watching(begun))

    def _stay_awake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    def _rest_soon(self) -> None:
        """Rest after a while, if nothing is inside."""
        self._stay_awake()
        if self.admission.inside == self.background.inside == 0:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._rest)

    def _rest(self) -> None:
        """Forget the last clients, and give the memory that is kept for the next photo back to the system."""
        self.admission.forget_clients()
        with suppress(RuntimeError):  # the process ends, and its threads have ended already
            self._threads.submit(return_freed_memory)
