"""The engine without a broker: the serving process does the jobs itself, behind its synchronous photos."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import anyio

from app.settings import Settings
from app.work.service import Service
from jobs.engine.engine import EngineState
from jobs.engine.watchers import Watchers
from jobs.errors import StoreUnavailable
from jobs.job import Job, NewJob
from jobs.objects import ObjectStore
from jobs.run.attempt import run_job
from jobs.run.claiming import claimed
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

POLL_S = 3.0  # after which jobs are looked for that another process has left or taken
READY_POLL_S = 0.25  # while the models are loaded
WATCH_S = 1.0  # after which a watched job is looked at, whoever works on it
STOP_S = 2.0  # for the rest of a stop, once nothing waits for the device any more


class InProcessEngine:
    """Does as many jobs at once as photos may be on the device. Belongs to one event loop."""

    def __init__(self, store: JobStore, objects: ObjectStore, service: Service, settings: Settings) -> None:
        self._store, self._objects, self._service, self._settings = store, objects, service, settings
        self._added = asyncio.Event()
        self._watchers = Watchers(store, lambda: WATCH_S)
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to work, once the models are loaded."""
        self._workers = [asyncio.ensure_future(self._work()) for _ in range(self._settings.slots)]

    async def stop(self) -> None:
        """Stop at the next check of the jobs in work, which go back into the queue; after the grace period at once."""
        for worker in self._workers:
            worker.cancel()
        if self._workers:
            _, busy = await asyncio.wait(self._workers, timeout=self._settings.grace_s)
            if busy:
                self._service.cancellation.stop_all()
                await asyncio.wait(busy, timeout=STOP_S)
        self._watchers.end()

    def added(self, jobs: Sequence[Job | NewJob]) -> None:
        """See `Engine.added`: look for them now."""
        self._added.set()

    def changed(self, job_id: UUID) -> None:
        """See `Engine.changed`."""
        self._watchers.tell(job_id)

    def watch(self, job_id: UUID, owner: str) -> AsyncGenerator[Job, None]:
        """See `Engine.watch`."""
        return self._watchers.watch(job_id, owner)

    async def state(self) -> EngineState:
        """See `Engine.state`: there is no broker, and there are no other workers."""
        return EngineState(queues=None, workers=())

    async def _work(self) -> None:
        """Do one job after the other until the task is cancelled."""
        while True:
            self._added.clear()
            job = await self._claimed()
            if job is not None:
                await self._done(job)
            elif self._service.readiness == "ready":
                with anyio.move_on_after(POLL_S):
                    await self._added.wait()
            else:
                await asyncio.sleep(READY_POLL_S)

    async def _claimed(self) -> Job | None:
        """The next job, if there is one and the process may begin it."""
        if self._service.readiness != "ready":
            return None
        try:
            return await claimed(self._store)
        except StoreUnavailable as error:
            logger.warning("no job can be begun: %s", error.message)
        except Exception:
            logger.exception("no job can be begun")
        return None

    async def _done(self, job: Job) -> None:
        self.changed(job.id)
        try:
            await run_job(job, self._store, self._objects, self._service, self.changed)
        except Exception:  # the lease ends, and the job is begun again
            logger.exception("job %s: its attempt failed", job.id)
            await asyncio.sleep(READY_POLL_S)
