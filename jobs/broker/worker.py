"""A worker: it does the jobs of the broker's messages, one at a time, and serves nothing."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence

import anyio

from app.settings import Settings
from app.work.order import Task
from app.work.service import Service
from jobs.broker.client import client_for
from jobs.broker.consumer import Consumer
from jobs.broker.news import Announcer
from jobs.broker.presence import Presence
from jobs.broker.queues import kinds_in
from jobs.errors import StoreUnavailable
from jobs.job import Job
from jobs.objects import ObjectStore
from jobs.run.attempt import run_job
from jobs.run.claiming import claimed
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

RETRY_S = 1.0  # between two tries to reach the database
REACHED_S = 60.0  # without an answer of the broker, after which a worker is not healthy
LOOK_S = 0.5  # between two looks whether the worker can go on
STOP_S = 2.0  # for the rest of a stop, once nothing waits for the device any more


class Worker:
    """Does jobs until it is told to stop. Belongs to one event loop. The `service` is ready."""

    def __init__(
        self, settings: Settings, service: Service, store: JobStore, objects: ObjectStore, queues: Sequence[str]
    ) -> None:
        self._settings, self._service, self._store, self._objects = settings, service, store, objects
        self._loop = asyncio.get_running_loop()
        self._redis = client_for(settings.broker_url)
        self._announcer = Announcer(self._redis, store.observer)
        self._presence = Presence(self._redis, queues, store.observer)
        self._consumer = Consumer(settings, queues, self._presence.name, self._wait_for)
        self._present: asyncio.Task[object] | None = None
        self._stopping = asyncio.Event()

    @property
    def name(self) -> str:
        """By which the others know it."""
        return self._presence.name

    @property
    def is_healthy(self) -> bool:
        """Whether it can do photos, takes messages, and has reached the broker of late. Any thread may ask."""
        told_at = self._presence.told_at
        has_broker = told_at is not None and time.monotonic() - told_at < REACHED_S
        return has_broker and self._consumer.is_running and self._service.readiness == "ready"

    def stop(self) -> None:
        """Stop at the next check of the job in work, which goes back into the queue."""
        self._stopping.set()

    async def run(self) -> bool:
        """Work until `stop`, and end in order; False if the worker could not go on."""
        self._announcer.start()
        self._presence.start()
        self._consumer.start()
        try:
            while (can_go_on := self._can_go_on()) and not self._stopping.is_set():
                with anyio.move_on_after(LOOK_S):
                    await self._stopping.wait()
        finally:
            await self._end()
        return can_go_on

    async def do(self, queue: str) -> bool:
        """Do a job of the kinds in this queue, if one is to be begun; False if the message is to come again.

        It need not be the job that the message names: which one's turn it is, only the table knows.
        """
        if self._stopping.is_set():
            return False
        self._present = asyncio.current_task()
        try:
            job = await self._begun(kinds_in(queue))
            if job is not None:
                await self._done(job)
        except asyncio.CancelledError:
            if not self._stopping.is_set():
                raise
            return False
        finally:
            self._present = None
        return True

    async def _begun(self, kinds: Collection[Task]) -> Job | None:
        """A job of these kinds, begun; None where none waits, as one message too many has come."""
        while True:
            try:
                return await claimed(self._store, kinds)
            except StoreUnavailable as error:
                logger.warning("no job can be begun: %s", error.message)
            await asyncio.sleep(RETRY_S)

    async def _done(self, job: Job) -> None:
        self._presence.works_on(job.id)
        self._announcer.tell(job.id)
        try:
            await run_job(job, self._store, self._objects, self._service, self._announcer.tell)
        except Exception:  # the lease ends, and the job is begun again
            logger.exception("job %s: its attempt failed", job.id)
        finally:
            self._presence.works_on(None)

    def _wait_for(self, queue: str) -> bool:
        """`do`, from the consumer's thread."""
        return asyncio.run_coroutine_threadsafe(self.do(queue), self._loop).result()

    def _can_go_on(self) -> bool:
        if not self._consumer.is_running:
            logger.error("the worker ends, because it can take no more messages")
            return False
        if self._service.readiness == "failed":
            logger.error("the worker ends, because it can do no more photos")
            return False
        return True

    async def _end(self) -> None:
        self._stopping.set()
        self._consumer.stop()
        if self._present is not None:
            self._present.cancel()
            _, busy = await asyncio.wait({self._present}, timeout=self._settings.grace_s)
            if busy:
                self._service.cancellation.stop_all()
                await asyncio.wait(busy, timeout=STOP_S)
        await asyncio.to_thread(self._consumer.join, STOP_S)
        await asyncio.gather(self._announcer.stop(), self._presence.stop())
        await self._redis.aclose()
