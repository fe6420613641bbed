"""The engine without a broker: the serving process does the jobs itself, behind its synchronous photos."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import UUID

import anyio

from app.settings import Settings
from app.work.service import Service
from jobs.engine.watchers import Watchers
from jobs.errors import LeaseLost, StoreUnavailable, UnknownJob
from jobs.job import Job
from jobs.objects import ObjectStore
from jobs.run.attempt import MAX_ATTEMPTS, run_job
from jobs.run.heartbeat import LEASE_S
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
        self._watchers = Watchers()
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

    def wake(self) -> None:
        """A job was added: look for it now."""
        self._added.set()

    def changed(self, job_id: UUID) -> None:
        """The job was changed in this process: who watches it looks at it now."""
        self._watchers.tell(job_id)

    async def watch(self, job_id: UUID, owner: str) -> AsyncGenerator[Job, None]:
        """The job now, and again after each change of its state, stage or progress, until it is final.

        It ends earlier where the job is deleted or this engine stops. Raises `UnknownJob` at the first look, and
        `StoreUnavailable`.
        """
        with self._watchers.watching(job_id) as changed:
            job = await self._store.get(job_id, owner)
            while True:
                yield job
                if job.is_final:
                    return
                seen = _seen(job)
                while _seen(job) == seen:
                    if self._watchers.ended:
                        return
                    with anyio.move_on_after(WATCH_S):
                        await changed.wait()
                    changed.clear()
                    try:
                        job = await self._store.get(job_id, owner)
                    except UnknownJob:
                        return

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
        claiming = asyncio.ensure_future(self._store.claim(LEASE_S, max_attempts=MAX_ATTEMPTS))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with suppress(StoreUnavailable, LeaseLost, TimeoutError):
                async with asyncio.timeout(STOP_S):
                    if (job := await claiming) is not None:  # nobody would work on it until its lease ends
                        await self._store.release(job)
            raise
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


def _seen(job: Job) -> tuple[object, ...]:
    """What a watcher is told of."""
    return job.state, job.attempt, job.stage, job.fraction, job.is_cancelling
