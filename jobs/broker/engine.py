"""The engine with a broker: workers do the jobs, and this process sends them messages and hears from them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from app.settings import Settings
from jobs.broker.client import FAILURES, TIMEOUT_S, client_for
from jobs.broker.dispatcher import Dispatcher
from jobs.broker.news import Announcer, Subscription
from jobs.broker.outage import Outage
from jobs.broker.presence import workers
from jobs.broker.queues import QUEUE_OF, QUEUES
from jobs.broker.sender import Sender
from jobs.engine.engine import EngineState
from jobs.engine.watchers import Watchers
from jobs.job import Job, NewJob
from jobs.store.store import JobStore

WATCH_S = 5.0  # after which a watched job is looked at, though there was no news
DEAF_WATCH_S = 1.0  # the same while no news can come


class BrokerEngine:
    """See `Engine`. It does no job itself."""

    def __init__(self, store: JobStore, settings: Settings) -> None:
        self._redis = client_for(settings.broker_url)
        self._watchers = Watchers(store, lambda: WATCH_S if self._subscription.is_alive else DEAF_WATCH_S)
        self._subscription = Subscription(self._redis, self._watchers.tell, self._watchers.tell_all, store.observer)
        self._announcer = Announcer(self._redis, store.observer)
        self._sender = Sender(settings, store.observer)
        self._outage = Outage("nothing is known of its queues and workers", store.observer)
        self._dispatcher = Dispatcher(store, self._redis, self._sender)

    def start(self) -> None:
        """Begin to send and to listen, whether or not the broker answers."""
        self._sender.start()
        self._announcer.start()
        self._subscription.start()
        self._dispatcher.start()

    async def stop(self) -> None:
        """See `Engine.stop`: the workers go on."""
        self._watchers.end()
        await asyncio.gather(self._dispatcher.stop(), self._subscription.stop(), self._announcer.stop())
        await asyncio.to_thread(self._sender.stop)
        await self._redis.aclose()

    def added(self, jobs: Sequence[Job | NewJob]) -> None:
        """See `Engine.added`: they are sent, or later by the dispatcher."""
        for job in jobs:
            self._sender.send(QUEUE_OF[job.kind], (job.id,))

    def changed(self, job_id: UUID) -> None:
        """See `Engine.changed`; other processes hear of it too."""
        self._watchers.tell(job_id)
        self._announcer.tell(job_id)

    def watch(self, job_id: UUID, owner: str) -> AsyncGenerator[Job, None]:
        """See `Engine.watch`."""
        return self._watchers.watch(job_id, owner)

    async def state(self) -> EngineState:
        """See `Engine.state`."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                lengths = [await self._redis.llen(name) for name in QUEUES]
                state = EngineState(dict(zip(QUEUES, lengths, strict=True)), await workers(self._redis))
            self._outage.over()
            return state
        except FAILURES as error:
            self._outage.noticed(error)
            return EngineState(queues=None, workers=())
