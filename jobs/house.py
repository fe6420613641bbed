"""All that a process has for jobs, opened and closed together."""

from dataclasses import dataclass

from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from app.settings import Settings
from app.sources.poster import Poster
from app.work.service import Service
from jobs.breakers import Breakers
from jobs.census import Counting
from jobs.engine.engine import Engine
from jobs.engine.in_process import InProcessEngine
from jobs.objects import ObjectStore
from jobs.observer import SILENT, Observer
from jobs.places import open_places
from jobs.retention import Sweeper
from jobs.store.store import JobStore
from jobs.webhooks.deliverer import Deliverer, Describe

HOUR = 3_600.0  # seconds


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of this process. `keep_s`: seconds that a job is kept. `deliverer`: None where webhooks are off."""

    store: JobStore
    objects: ObjectStore
    engine: Engine
    sweeper: Sweeper
    counting: Counting
    deliverer: Deliverer | None
    keep_s: float

    @property
    def breakers(self) -> Breakers:
        """Who is left alone for a while because he does not answer."""
        webhooks = None if self.deliverer is None else self.deliverer.breakers
        return Breakers(self.store.breaker, self.objects.breaker, webhooks)

    async def stop(self) -> None:
        """Put the jobs in work back into the queue, and close the places."""
        await self.engine.stop()
        await self.sweeper.stop()
        await self.counting.stop()
        if self.deliverer is not None:
            await self.deliverer.stop()
        await self.store.close()


async def open_jobs(settings: Settings, service: Service, describe: Describe, observer: Observer = SILENT) -> Jobs:
    """Open the places of the settings and begin to work, once the service is ready. Raises `PlaceUnusable`.

    `describe`: what webhooks say about a job or a batch. `observer` is told of what happens to jobs in this process.
    """
    set_on_retry_hooks([LoggingOnRetryHook])  # else stamina writes to stdout by itself, where structlog is installed
    store, objects = await open_places(settings, observer)
    engine = _engine(settings, service, store, objects)
    sweeper = Sweeper(store, objects, settings.longest_upload_s)
    counting = Counting(store, engine)
    deliverer = None
    if settings.webhook_secret:
        deliverer = Deliverer(store, Poster(settings.webhook_hosts), settings.webhook_secret, describe)
        deliverer.start()
    engine.start()
    sweeper.start()
    counting.start()
    return Jobs(store, objects, engine, sweeper, counting, deliverer, settings.retention_hours * HOUR)


def _engine(settings: Settings, service: Service, store: JobStore, objects: ObjectStore) -> Engine:
    if not settings.broker_url:
        return InProcessEngine(store, objects, service, settings)
    from jobs.broker.engine import BrokerEngine  # Celery takes a while to import

    return BrokerEngine(store, settings)
