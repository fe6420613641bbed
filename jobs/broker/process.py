"""The process of a worker: its models, its places and the signals that end it."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence

from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from app.settings import Settings
from app.work.loaded_models import LoadedModels
from app.work.service import Service
from jobs.broker.worker import Worker
from jobs.observer import SILENT, Observer
from jobs.places import open_places
from pipeline.models.catalogue.selection import Selection

logger = logging.getLogger("likeness")


def run_worker(
    settings: Settings,
    selection: Selection,
    queues: Sequence[str],
    observer: Observer = SILENT,
    on_start: Callable[[Worker], None] = lambda _: None,
) -> bool:
    """Load the models, and work until SIGTERM or SIGINT comes, whose second one ends the process at once.

    `observer` is told of what happens to jobs here, and `on_start` is called with the worker before it takes a job.
    False if the worker could not go on. Raises `PlaceUnusable`.
    """
    set_on_retry_hooks([LoggingOnRetryHook])  # else stamina writes to stdout by itself, where structlog is installed
    return asyncio.run(_run(settings, selection, queues, observer, on_start))


async def _run(
    settings: Settings,
    selection: Selection,
    queues: Sequence[str],
    observer: Observer,
    on_start: Callable[[Worker], None],
) -> bool:
    stopped = asyncio.Event()
    _on_signals(stopped.set)
    store, objects = await open_places(settings, observer)
    service = Service(settings, LoadedModels(settings, selection))
    try:
        await service.start()
        if service.readiness != "ready":
            return False
        if stopped.is_set():
            return True
        worker = Worker(settings, service, store, objects, queues)
        on_start(worker)
        logger.info("worker %s takes jobs from %s", worker.name, ", ".join(queues))
        stopping = asyncio.ensure_future(stopped.wait())
        stopping.add_done_callback(lambda _: worker.stop())
        can_go_on = await worker.run()
        stopping.cancel()
        return can_go_on
    finally:
        service.close()
        await store.close()


def _on_signals(stop: Callable[[], object]) -> None:
    """Call `stop` in the event loop at the first signal."""
    loop = asyncio.get_running_loop()

    def stopping(*_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping)
