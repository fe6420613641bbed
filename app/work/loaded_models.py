"""The models of this process: chosen at start-up, loaded and warmed up in the background, then shared by all photos."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

from app.settings import Settings
from app.work.calibration import calibrate
from app.work.device_threads import DeviceThreads
from app.work.errors import NotReady
from app.work.fingerprint import maker_of
from app.work.pace import Pace
from app.work.selection import select
from pipeline.errors import DeviceFailed
from pipeline.models.catalogue.selection import Selection
from pipeline.models.loading import load
from pipeline.models.roles import Models
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.models.runtime.runtime import Runtime, choose_runtime
from pipeline.run import Run
from pipeline.warmup import warm_up

logger = logging.getLogger("likeness")

Result = TypeVar("Result")

State: TypeAlias = Literal["loading", "ready", "failed"]


class LoadedModels:
    """Holds the models. Unless a checked `selection` is given, creating it makes one. Raises `ModelUnavailable`."""

    def __init__(self, settings: Settings, selection: Selection | None = None) -> None:
        self.selection: Selection = select(settings) if selection is None else selection
        for note in self.selection.notes:
            logger.warning(note)
        self.runtime: Runtime = choose_runtime(settings.device, settings.precision)
        self.pace = Pace()
        self.starting_pace = self.pace  # as it was measured at the start: what follows from it stays the same
        self.maker = maker_of(self.selection, self.runtime)
        self.state: State = "loading"
        self.failure: str | None = None
        # All networks run in these threads, one for each slot. OpenMP keeps a team of worker threads for every thread
        # that ever ran one; with more worker threads than cores they wait for each other at the end of each layer, and
        # on two cores a photo took a quarter longer.
        self.threads = DeviceThreads(settings.slots, "device")
        self._weights_dir = settings.weights_dir
        self._models: Models | None = None

    @property
    def models(self) -> Models:
        """The models, ready for work. Raises `NotReady` before that."""
        if self.state == "failed":
            raise NotReady(f"The models cannot be used: {self.failure}")
        if self._models is None or self.state != "ready":
            raise NotReady("The models are still being loaded.")
        return self._models

    def names(self) -> dict[str, str]:
        """Role → name of each model in use; empty until they are loaded."""
        return {} if self._models is None else self._models.names()

    def upscaler_scales(self) -> dict[str, int]:
        """Name → scale of each upscaler that a request may name; empty until they are loaded."""
        offered = {} if self._models is None else self._models.offered_upscalers
        return {name: upscaler.scale for name, upscaler in offered.items()}

    def load(self, *, measure_pace: bool = True) -> Models:
        """Load every model and run it once. Takes seconds; call it in a thread.

        `measure_pace`: also how fast this machine is, which takes a moment and which only estimates need.
        """
        try:
            models = load(self.selection, self.runtime, self._weights_dir)
            run = Run()
            warm_up(models, run)
            if measure_pace:
                calibrate(models, self.pace, {stage: ms / 1000 for stage, ms in run.timings_ms.items()})
                self.starting_pace = self.pace.copy()
            for notice in run.notices:
                logger.warning("warm-up: %s", notice.message)
            return_freed_memory()
        except Exception as error:
            self.fail(str(error))
            raise
        self._models, self.state = models, "ready"
        return models

    def fail(self, reason: str) -> None:
        """Accept no more photos. `state` and `failure` say so from now on."""
        if self.state != "failed":
            logger.error("no photo can be served any more: %s", reason)
        self.failure, self.state = reason, "failed"

    def watching(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """`work`, after whose `DeviceFailed` no photo is accepted any more, even if nobody waits for this one."""

        def watched() -> Result:
            try:
                return work()
            except DeviceFailed as error:
                self.fail(error.message)
                raise

        return watched

    def close(self) -> None:
        """Let the threads end when their work is done."""
        self.threads.shutdown(wait=False)

    async def load_in_background(self) -> None:
        """`load` in a device thread. A failure is logged; `state` and `failure` say so from then on."""
        start = time.monotonic()
        try:
            await asyncio.get_running_loop().run_in_executor(self.threads, self.load)
        except Exception as error:
            self.fail(str(error))  # `load` has said so already, but for work that should end its thread
            logger.exception("the models could not be loaded")
        else:
            logger.info("ready after %.1f s: %s", time.monotonic() - start, self.models.names())
