"""All that a process has for jobs, opened and closed together."""

from dataclasses import dataclass

from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from app.settings import Settings
from app.work.service import Service
from jobs.census import Counting
from jobs.engine.engine import Engine
from jobs.engine.in_process import InProcessEngine
from jobs.objects import ObjectStore
from jobs.observer import SILENT, Observer
from jobs.places import open_places
from jobs.retention import Sweeper
from jobs.store.store import JobStore

HOUR = 3_600.0  # seconds


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of this process. `keep_s`: seconds that a job is kept."""

    store: JobStore
    objects: ObjectStore
    engine: Engine
    sweeper: Sweeper
    counting: Counting
    keep_s: float

    async def stop(self) -> None:
        """Put the jobs in work back into the queue, and close the places."""
        await self.engine.stop()
        await self.sweeper.stop()
        await self.counting.stop()
        await self.store.close()


async def open_jobs(settings: Settings, service: Service, observer: Observer = SILENT) -> Jobs:
    """Open the places of the settings and begin to work, once the service is ready. Raises `PlaceUnusable`.

    `observer` is told of what happens to jobs in this process.
    """
    set_on_retry_hooks([LoggingOnRetryHook])  # else stamina writes to stdout by itself, where structlog is installed
    store, objects = await open_places(settings, observer)
    engine = _engine(settings, service, store, objects)
    sweeper = Sweeper(store, objects, settings.longest_upload_s)
    counting = Counting(store, engine)
    engine.start()
    sweeper.start()
    counting.start()
    return Jobs(store, objects, engine, sweeper, counting, settings.retention_hours * HOUR)


def _engine(settings: Settings, service: Service, store: JobStore, objects: ObjectStore) -> Engine:
    if not settings.broker_url:
        return InProcessEngine(store, objects, service, settings)
    from jobs.broker.engine import BrokerEngine  # Celery takes a while to import

    return BrokerEngine(store, settings)
