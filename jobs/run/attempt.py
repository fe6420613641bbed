"""One attempt at a job: its photo is read and worked on, and the result is written, or why there is none."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from app.work.errors import NotReady
from app.work.selection import check_offered
from app.work.service import Service
from jobs.errors import LeaseLost, StoreUnavailable
from jobs.job import Job, JobError, Result
from jobs.objects import ObjectStore
from jobs.run import payload
from jobs.run.heartbeat import LEASE_S, Heartbeat
from jobs.run.results import result_of, write
from jobs.store.store import JobStore
from jobs.store.tables import WAITS
from pipeline.errors import Cancelled, DeviceFailed, DeviceOutOfMemory, PipelineError

logger = logging.getLogger("likeness")

MAX_ATTEMPTS = 3
MEMORY_WAIT_S = 15.0  # after an attempt that had too little memory
RETRY_S = 1.0  # between tries to reach a store
GIVE_BACK_S = 5.0  # in which a job goes back into the queue when the process stops

Answer = TypeVar("Answer")


async def run_job(
    job: Job, store: JobStore, objects: ObjectStore, service: Service, on_change: Callable[[UUID], None]
) -> None:
    """Do a job that was claimed. How it went is in the store afterwards, unless its lease was lost.

    `on_change` is called with its id after each sign of life and at the end. When the awaiting task is cancelled, the
    work stops at the next check, the job goes back into the queue, and this attempt is not counted.
    """
    if job.is_final:
        return
    attempt = Attempt(job, store, objects, service, lambda: on_change(job.id))
    try:
        await attempt.go()
    finally:
        on_change(job.id)


class Attempt:
    """Does a job once. Belongs to one event loop."""

    def __init__(
        self, job: Job, store: JobStore, objects: ObjectStore, service: Service, on_beat: Callable[[], None]
    ) -> None:
        self._job, self._store, self._objects, self._service = job, store, objects, service
        self._heart = Heartbeat(job, store, on_beat)
        self._run = service.background.new_run(self._heart.reached, self._heart.cancelled)
        self._written: tuple[str, ...] = ()  # keys that no row names yet
        self._code: str | None = None  # of the error that has ended the work
        self._is_over = False  # written down, though the process stops

    async def go(self) -> None:
        """Work, and write down how it went."""
        began_ns = time.time_ns()
        self._beating = asyncio.ensure_future(self._heart.go_on())
        try:
            result, timings_ms = await self._made()
            await self._surely(lambda: self._store.succeed(self._job, result, timings_ms))
        except asyncio.CancelledError:
            self._code = Cancelled.code
            await self._give_back()
            raise
        except Exception as error:
            self._code = error.code if isinstance(error, PipelineError) else "internal_error"
            await self._write_down(error)
        finally:
            await self._end_signs_of_life()
            self._store.observer.attempted(self._job, self._run, began_ns, self._code)

    async def _made(self) -> tuple[Result, Mapping[str, float]]:
        """What was made and lies in the object store, and the milliseconds that each stage took."""
        job, objects = self._job, self._objects
        most = self._service.settings.max_fetched_bytes
        file = await self._patiently(lambda: objects.read(job.input_key, max_bytes=most))
        reference = None
        if (key := job.reference_key) is not None:
            reference = await self._patiently(lambda: objects.read(key, max_bytes=most))
        order = payload.load(job.asked, file, reference)
        selection = self._service.loaded_models.selection  # it may be another one than when the job was taken
        check_offered("restorer", order.options.restorer, selection)
        check_offered("upscaler", order.options.upscaler, selection)
        done = await self._service.work_off(order, self._run)
        result = result_of(job, done)
        self._written = result.keys
        with self._service.background.holding(len(done.finished.picture.data) + len(done.preview)):
            await self._patiently(lambda: write(result, done, objects))
        return result, done.finished.report.timings_ms

    async def _patiently(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of a store, asked again while it does not answer and the run may go on."""
        while True:
            try:
                return await call()
            except StoreUnavailable as error:
                logger.warning("job %s: %s", self._job.id, error.message)
            self._run.check()
            await asyncio.sleep(RETRY_S)

    async def _surely(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Write the end of the job, again until it is written or the lease has ended. A stop waits for that.

        Raises `LeaseLost`.
        """
        writing = asyncio.ensure_future(self._persistently(call))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing}, timeout=GIVE_BACK_S)
            self._is_over = writing.done() and writing.exception() is None
            writing.cancel()
            self._written = ()  # it may have been written, so the objects must stay
            raise

    async def _persistently(self, call: Callable[[], Awaitable[Any]]) -> None:
        give_up_at = time.monotonic() + LEASE_S
        while True:
            try:
                await call()
            except StoreUnavailable as error:
                if time.monotonic() > give_up_at:
                    self._written = ()  # it may have been written and only its answer lost: a sweep will know
                    raise LeaseLost("The database did not answer until the lease ended.", stage="store") from error
                logger.warning("job %s: %s", self._job.id, error.message)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _write_down(self, error: Exception) -> None:
        """Write how an attempt without a result ended, and remove what it has left."""
        try:
            if not (self._heart.lost or isinstance(error, LeaseLost)):
                await self._surely(lambda: self._end(error))
        except LeaseLost as lost:
            error = lost
        if self._heart.lost or isinstance(error, LeaseLost):
            logger.warning("job %s: attempt %d counts no more", self._job.id, self._job.attempt)
        await self._remove()

    async def _end(self, error: Exception) -> Job:
        job, store = self._job, self._store
        if isinstance(error, Cancelled):
            return await (store.end_cancelled(job) if self._heart.is_cancelling else store.release(job, counts=False))
        if isinstance(error, NotReady):  # another process can do it
            return await store.release(job, counts=False)
        is_last = job.attempt - job.releases >= MAX_ATTEMPTS
        if isinstance(error, DeviceFailed) and not is_last:  # another process again, but this job may be the cause
            return await store.release(job, counts=True)
        if isinstance(error, DeviceOutOfMemory) and not is_last:
            await self._end_signs_of_life()
            is_cancelling = await store.beat(job, MEMORY_WAIT_S, stage=WAITS, fraction=0.0)
            return await store.end_cancelled(job) if is_cancelling else job  # which anybody may begin after the lease
        return await store.fail(job, self._described(error))

    def _described(self, error: Exception) -> JobError:
        if isinstance(error, PipelineError):
            return JobError(error.message, error.stage or "job", error.code)
        logger.error("job %s failed", self._job.id, exc_info=error)
        return JobError("The job failed because of an error in this service.", "job", "internal_error")

    async def _end_signs_of_life(self) -> None:
        """The present one is waited for: a transaction that is broken off would cost a connection."""
        self._heart.stop()
        if not self._beating.done():
            await asyncio.wait({self._beating}, timeout=GIVE_BACK_S)
            self._beating.cancel()

    async def _give_back(self) -> None:
        """Put the job back into the queue, if that is possible in time; otherwise its lease ends."""
        if self._is_over:
            return
        try:
            async with asyncio.timeout(GIVE_BACK_S):
                await self._store.release(self._job, counts=False)
                await self._remove()
        except (TimeoutError, LeaseLost, StoreUnavailable) as error:
            logger.warning("job %s could not be put back: %s", self._job.id, error)

    async def _remove(self) -> None:
        """Remove what this attempt has written. What cannot be removed, a sweep finds later."""
        keys, self._written = self._written, ()
        try:
            await self._objects.delete(keys)
        except StoreUnavailable as error:
            logger.warning("job %s: %s", self._job.id, error.message)
