"""Bytes in, response parts out: the only caller of pipeline and metrics."""

from __future__ import annotations

import asyncio
import time
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Literal, TypeVar

from app.http.errors import MemoryLow, ShuttingDown
from app.settings import Settings
from app.work.admission import Admission, Moved, unheard
from app.work.document import finish, rounded
from app.work.loaded_models import Engine
from app.work.memory import Claim, Ledger, TooLittleMemory, photo_bytes, reference_bytes
from app.work.order import Answer, Order
from metrics.report import Figure, perceptual_figure
from pipeline.codec.decode import decode
from pipeline.codec.encode import check_size
from pipeline.codec.inspect import inspect
from pipeline.errors import Cancelled, DeadlineExceeded, DeviceFailed, ReferenceMismatch, TooManyPixels
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.roles import Models
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.options import OutputFormat
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Progress, Run
from pipeline.steps.upscaling import output_size
from pipeline.types import Enhanced, Photo

Result = TypeVar("Result")

# How far the proportions of photo and ground truth may differ, beyond a pixel: a little cropping is harmless.
ASPECT_TOLERANCE = 0.02

EMBEDDED = {model.name for model in REGISTRY if model.origin == "embedded"}

REST_SECONDS = 5.0  # without a photo, until freed memory goes back to the system


class Service:
    """Takes orders. Shares nothing between them but the models and the places that `admission` counts."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.engine = engine
        self.started = time.monotonic()
        self.admission = Admission(settings.slots, settings.queue_size)
        self.settings = settings
        # One for each photo at the workbench: none ever waits for a thread.
        self._threads = ThreadPoolExecutor(settings.slots + 1, thread_name_prefix="photo")
        self._rest: asyncio.TimerHandle | None = None
        self.memory = Ledger()
        self.draining = False  # told to stop: no new photos
        self._given_up = asyncio.Event()
        self._work: set[asyncio.Task[Any]] = set()

    @property
    def readiness(self) -> Literal["loading", "ready", "draining", "failed"]:
        """Whether photos are accepted, and if not, why."""
        if self.engine.state == "ready":
            return "failed" if self.admission.stuck else "draining" if self.draining else "ready"
        return self.engine.state

    def give_up(self) -> None:
        """Tell everybody who waits that it ends here; what is in work stops at its next check."""
        self._given_up.set()

    async def start(self) -> None:
        """Load the models."""
        await self.engine.load_in_background()
        self.memory.settle()

    def close(self) -> None:
        """Let the threads end when their work is done."""
        if self._rest is not None:
            self._rest.cancel()
        self._threads.shutdown(wait=False)
        self.engine.close()

    def check(self) -> None:
        """Raise `ShuttingDown`, `NotReady` or `Overloaded` if an order would be refused now."""
        if self.draining:
            raise ShuttingDown
        _ = self.engine.models
        self.admission.check()

    async def while_wanted(self, work: Coroutine[Any, Any, Result], run: Run, gone: Awaitable[None]) -> Result:
        """What `work` comes to, unless before that the run's time is over, its client is `gone`, or the server ends.

        The answer to these does not wait for the device to notice: a network cannot be interrupted, and keeps its slot
        until it does. Raises `DeadlineExceeded`, `Cancelled` or `ShuttingDown` then, and whatever `work` raises.
        """
        working = asyncio.ensure_future(work)
        self._work.add(working)
        working.add_done_callback(self._work.discard)
        working.add_done_callback(_heard)
        leaving, ending = asyncio.ensure_future(gone), asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait({working, leaving, ending}, timeout=run.remaining_s, return_when=FIRST_COMPLETED)
            if working.done():
                return working.result()
            stage = run.present_stage or "queue"
            if leaving.done():
                raise Cancelled("The client went away before the photo was done.", stage=stage)
            if ending.done():
                raise ShuttingDown
            raise DeadlineExceeded("The photo took longer than this server allows.", stage=stage)
        finally:
            working.cancel()
            leaving.cancel()
            ending.cancel()
            # It holds the error, whose traceback holds this frame and the photo: until the next collection, or not.
            del working

    async def process(self, order: Order, run: Run, moved: Moved = unheard) -> Answer:
        """The answer to one order. `moved` is told the photo's position when it has its place, and as that changes.

        Raises `PipelineError`, `Overloaded` or `NotReady`. When the awaiting task is cancelled, a waiting photo
        leaves the queue at once, and one in work stops at the next check of its `run`.
        """
        models = self.engine.models
        if self._rest is not None:
            self._rest.cancel()
        try:
            with self.admission.place(run, moved), self.memory.held(len(order.file) + len(order.reference or b"")):
                return await self._processed(order, models, run)
        finally:
            if self.admission.inside == 0:
                self._rest = asyncio.get_running_loop().call_later(REST_SECONDS, self._tidy)

    def _tidy(self) -> None:
        """Give back the memory that is kept for the next photo: none has come for a while."""
        with suppress(RuntimeError):  # the threads have ended, and the process is about to
            self._threads.submit(return_freed_memory)

    async def _processed(self, order: Order, models: Models, run: Run) -> Answer:
        start = time.perf_counter()
        async with self.admission.workbench(run):
            with self.memory.account() as claim:
                photo, reference = await self._in_thread(
                    self._threads, run, lambda: self._read(order, models, claim, run)
                )
                target = photo if reference is None else reference
                async with self.admission.device(run):
                    enhanced, perceptual = await self._on_device(
                        run, lambda: _networks(order, photo, target, models, run)
                    )
                return await self._in_thread(
                    self._threads,
                    run,
                    lambda: finish(order, enhanced, photo, reference, perceptual, models, run, start),
                )

    async def warm_up(self, work: Callable[[Models, Run], None], run: Run) -> dict[str, float]:
        """Run `work` on the device in its turn; milliseconds per stage."""
        models = self.engine.models
        with self.admission.place(run):
            async with self.admission.device(run):
                await self._on_device(run, lambda: work(models, run))
        return rounded(run.timings_ms)

    async def _on_device(self, run: Run, work: Callable[[], Result]) -> Result:
        """`work` in a device thread. `DeviceFailed` is the end of the engine, whether anybody still waits or not."""

        def watched() -> Result:
            try:
                return work()
            except DeviceFailed as error:
                self.engine.fail(error.message)
                raise

        return await self._in_thread(self.engine.threads, run, watched)

    async def _in_thread(self, threads: ThreadPoolExecutor, run: Run, work: Callable[[], Result]) -> Result:
        """`work` in one of the threads. Cancelled, it stops the run and waits for the thread to notice: the slot it
        holds must not be given away while the device is still busy with it. Unless the server ends: then nobody
        comes after it, and a device that never comes back must not keep the process.
        """
        future = asyncio.get_running_loop().run_in_executor(threads, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            run.cancelled.set()
            ending = asyncio.ensure_future(self._given_up.wait())
            either: set[asyncio.Future[Any]] = {future, ending}
            while not (future.done() or ending.done()):  # also when cancelled again meanwhile, as at shutdown
                with suppress(asyncio.CancelledError):
                    await asyncio.wait(either, return_when=FIRST_COMPLETED)
            ending.cancel()
            future.add_done_callback(_heard)  # the thread's own Cancelled is expected and said here already
            raise
        finally:
            del future  # as above

    def new_run(self, on_progress: Progress | None = None) -> Run:
        """A run whose deadline counts from now."""
        return Run(deadline=time.monotonic() + self.settings.deadline_s, on_progress=on_progress)

    def _read(self, order: Order, models: Models, claim: Claim, run: Run) -> tuple[Photo, Photo | None]:
        """Photo and reference, decoded once there is memory for all that is to be done with them."""
        numbers = self.engine.runtime.dtype.itemsize if _uses_official(order, models) else None
        factor, limit = order.options.upscale_factor, self.settings.max_input_pixels
        with run.stage("decode"):
            header = inspect(order.file, max_pixels=limit)
            check_output(header.width, header.height, factor, order.output_format, self.settings.max_output_megapixels)
            self._claim(claim, photo_bytes(header.width * header.height, factor, numbers))
            photo = decode(header)
        if order.reference is None:
            return photo, None
        with run.stage("reference"):
            header = inspect(order.reference, max_pixels=limit)
            self._claim(claim, reference_bytes(header.width * header.height))
            reference = decode(header)
            height = reference.width * photo.height / photo.width
            if abs(height - reference.height) > max(1.0, ASPECT_TOLERANCE * reference.height):
                raise ReferenceMismatch(
                    f"The reference ({reference.width} × {reference.height}) does not have the photo's proportions "
                    f"({photo.width} × {photo.height})."
                )
        return photo, reference

    def _claim(self, claim: Claim, needed: int) -> None:
        try:
            claim(needed)
        except TooLittleMemory as error:
            raise MemoryLow(error.needed, error.free, self.admission.retry_after) from error


def _heard(future: asyncio.Future[Any]) -> None:
    """Nobody is there any more to ask for what it came to."""
    if not future.cancelled():
        future.exception()


def check_output(width: int, height: int, factor: float, output_format: OutputFormat, max_megapixels: float) -> None:
    """Refuse what could not be answered, before any work is done on it.

    Raises `TooManyPixels` if a photo of this size, enlarged, would have more than `max_megapixels`, and
    `OutputFormatLimit` if the format cannot hold it.
    """
    width, height = output_size(width, height, factor)
    check_size(width, height, output_format)
    if width * height > max_megapixels * 1e6:
        raise TooManyPixels(
            f"Enlarged {factor:g} times the photo would have {width * height / 1e6:.4g} megapixels; "
            f"at most {max_megapixels:g} are made."
        )


def _uses_official(order: Order, models: Models) -> bool:
    """Whether a network does this photo that is not one of the small embedded ones."""
    chosen = models.chosen(order.options.restorer, order.options.upscaler)
    used = {chosen.restorer.name} if order.task == "enhance" else set()
    if order.options.background == "upscale":
        used |= {upscaler.name for upscaler in chosen.upscalers.values()}
    return not used <= EMBEDDED


def _networks(order: Order, photo: Photo, target: Photo, models: Models, run: Run) -> tuple[Enhanced, Figure | None]:
    """Whatever networks do for a photo: its enhancement, and the metric that is a network."""
    step = enhance if order.task == "enhance" else upscale_photo
    enhanced = step(photo, order.options, models, run)
    if not order.metrics:
        return enhanced, None
    with run.stage("metrics"):
        network = models.perceptual
        distance, smallest_side = (None, 0) if network is None else (network.distance, network.smallest_side)
        return enhanced, perceptual_figure(enhanced.image, target.image, distance, smallest_side, run.check)
