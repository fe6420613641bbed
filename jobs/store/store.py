"""The table of jobs, as the rest of Likeness uses it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.work.order import Task
from jobs.job import Batch, IdempotencyKey, Job, JobError, NewJob, Result, State
from jobs.observer import SILENT, Observer
from jobs.quota import UNLIMITED, Quota, Usage
from jobs.store import attempts, batches, claims, jobs, quotas, retention, waiting
from jobs.store.batches import Submitted
from jobs.store.connection import engine_for
from jobs.store.database import Database
from jobs.store.migration import migrate
from jobs.store.outbox import Outbox
from jobs.store.rows import job_of
from jobs.store.transaction import transact


class JobStore(Database):
    """The table of jobs. Each call is one transaction; many tasks and processes may call at the same time.

    Times are by the database's clock. Owners see their own jobs only: another's is unknown. All raise StoreUnavailable
    if the database does not answer, after a few tries: within a second where it refuses at once. Where PostgreSQL has
    not answered several times in a row, they do so at once, for a while (`jobs.breakers`). No owner gets above the
    `quota`, however many add jobs at the same time.

    `observer` is told of what a call has begun and ended.
    """

    def __init__(self, engine: AsyncEngine, observer: Observer = SILENT, quota: Quota = UNLIMITED) -> None:
        super().__init__(engine, observer)
        self.quota = quota
        self.outbox = Outbox(self._read, self._write)

    async def add(
        self, job: NewJob, *, keep_s: float, error: JobError | None = None, webhook_url: str | None = None
    ) -> tuple[Job, bool]:
        """Insert a job as queued, or with an `error` as failed; it expires `keep_s` seconds from now.

        Its end is told to `webhook_url`, if there is one.

        False with the earlier job where the owner has used the idempotency key for the same request (`asked_hash`)
        already. The same id again is the same job and True. Raises IdempotencyMismatch if the key was used for another
        request, UnknownJob if the owner has no such batch, QuotaExceeded.
        """
        added, is_new = await self._write(
            lambda connection: jobs.add(connection, job, keep_s, error, self.quota, webhook_url)
        )
        return (self._ended(added) if is_new else added), is_new

    async def usage(self, owner: str) -> Usage:
        """What the owner has, of what the quota asks for."""
        return await self._read(lambda connection: quotas.usage(connection, owner, self.quota))

    async def get(self, job_id: UUID, owner: str) -> Job:
        """The job. Raises UnknownJob."""
        return await self._read(lambda connection: jobs.get(connection, job_id, owner))

    async def page(
        self, owner: str, *, state: State | None = None, before: UUID | None = None, limit: int
    ) -> list[Job]:
        """At most `limit` of the owner's jobs, newest first; with `before` only those that are older than this job."""

        async def rows(connection: AsyncConnection) -> list[Job]:
            return [job_of(row) for row in await connection.execute(jobs.page(owner, state, before, limit))]

        return await self._read(rows)

    async def position(self, job: Job) -> int:
        """How many queued jobs, of all owners, are begun before this queued one, as they are now.

        Jobs that other owners submit later may still go before it.
        """
        return await self._read(lambda connection: jobs.position(connection, job))

    async def cancel(self, job_id: UUID, owner: str) -> Job:
        """Cancel a job that nobody works on at once, and tell a running one by `beat`; others stay as they are.

        Raises UnknownJob.
        """
        job, has_ended = await self._write(lambda connection: jobs.cancel(connection, job_id, owner))
        return self._ended(job) if has_ended else job

    async def delete(self, job_id: UUID, owner: str) -> Job:
        """Remove the row and return what it was; the caller deletes the objects under its `keys`. Raises UnknownJob.

        A worker that has begun it learns by LeaseLost that it is gone.
        """
        return await self._write(lambda connection: jobs.remove(connection, job_id, owner), is_repeatable=False)

    async def claim(
        self,
        lease_s: float,
        *,
        job_id: UUID | None = None,
        kinds: Collection[Task] | None = None,
        max_attempts: int,
    ) -> Job | None:
        """Begin a job whose lease has ended, or else the queued one whose turn it is. None if there is none.

        With `job_id` only this one, with `kinds` only one of these kinds. The owners of queued jobs take turns.
        The attempt may go on for `lease_s` seconds without a `beat`. A job whose lease has ended is not begun again if
        cancellation was asked for (it becomes cancelled), or after `max_attempts` attempts, released ones not counted
        (it becomes failed with the code `attempts_exhausted`).
        """
        found = await self._write(lambda connection: claims.claim(connection, lease_s, job_id, max_attempts, kinds))
        for job in found.lost:
            self.observer.lease_lost(job)
        for job in found.ended:
            self._ended(job)
        if found.job is not None:
            self.observer.began(found.job)
        return found.job

    async def waiting(self, limit: int) -> dict[Task, int]:
        """How many jobs of each kind wait for a worker, in the queue or because their lease has ended.

        Of each sort at most `limit` are counted.
        """
        return await self._read(lambda connection: waiting.count(connection, limit))

    async def longest_waiting(self, kind: Task, limit: int) -> Sequence[UUID]:
        """At most `limit` of the jobs of this kind that wait for a worker: lost ones first, then the oldest."""
        return await self._read(lambda connection: waiting.longest(connection, kind, limit))

    async def beat(self, job: Job, lease_s: float, *, stage: str | None, fraction: float) -> bool:
        """Tell that the attempt goes on and how far it is; it may go on for `lease_s` seconds from now.

        True where cancellation was asked for. Raises LeaseLost if the attempt counts no more; so do all that end it.
        """
        return await self._write(lambda connection: attempts.beat(connection, job, lease_s, stage, fraction))

    async def succeed(self, job: Job, result: Result, timings_ms: Mapping[str, float]) -> Job:
        """End the attempt with a result, even where cancellation was asked for: the work is done. Raises LeaseLost."""
        return self._ended(await self._write(lambda connection: attempts.succeed(connection, job, result, timings_ms)))

    async def fail(self, job: Job, error: JobError) -> Job:
        """End the attempt, and the job, with an error. Raises LeaseLost."""
        return self._ended(await self._write(lambda connection: attempts.fail(connection, job, error)))

    async def end_cancelled(self, job: Job) -> Job:
        """End the attempt because cancellation was asked for. Raises LeaseLost."""
        return self._ended(await self._write(lambda connection: attempts.end_cancelled(connection, job)))

    async def release(self, job: Job, *, counts: bool = False) -> Job:
        """Give the job back, so that it is begun again in its old place; or cancel it, where that was asked for.

        The attempt `counts` against the job or not: at a shutdown it does not. Raises LeaseLost.
        """
        return self._ended(await self._write(lambda connection: attempts.release(connection, job, counts=counts)))

    async def add_batch(
        self,
        batch_id: UUID,
        owner: str,
        *,
        keep_s: float,
        submitted: Sequence[Submitted] = (),
        webhook_url: str | None = None,
        key: IdempotencyKey | None = None,
    ) -> Batch:
        """Make a batch, which expires `keep_s` seconds from now, with its last job at the earliest.

        It has the `submitted` jobs, each with an error or None as for `add`: all of them, or there is no batch. The
        same id again is the same batch. To `webhook_url`, if there is one, is told once that it has jobs and none of
        them is left to be done. Raises QuotaExceeded.

        It is the earlier batch, with another id, where the owner has used the idempotency key for the same request
        already. Raises IdempotencyMismatch if the key was used for another request.
        """
        batch, failed = await self._write(
            lambda connection: batches.add(connection, batch_id, owner, keep_s, submitted, self.quota, webhook_url, key)
        )
        for job in failed:
            self.observer.ended(job)
        return batch

    async def has_batch(self, owner: str, idempotency_key: str) -> bool:
        """Whether the owner has a batch that was submitted under this key."""
        return await self._read(lambda connection: batches.has(connection, owner, idempotency_key))

    async def batch(self, batch_id: UUID, owner: str) -> Batch:
        """The batch, with the counts of the states that its jobs are in. Raises UnknownJob."""
        return await self._read(lambda connection: batches.get(connection, batch_id, owner))

    async def jobs_of(self, batch_id: UUID, owner: str) -> list[Job]:
        """The jobs of a batch in order of submission. Raises UnknownJob."""
        return await self._read(lambda connection: batches.jobs_of(connection, batch_id, owner))

    async def cancel_batch(self, batch_id: UUID, owner: str) -> Batch:
        """Cancel all jobs of a batch, each as `cancel` does. Raises UnknownJob."""
        batch, ended = await self._write(lambda connection: batches.cancel(connection, batch_id, owner))
        for job in ended:
            self._ended(job)
        return batch

    async def delete_batch(self, batch_id: UUID, owner: str) -> list[Job]:
        """Remove a batch and its jobs, which are returned as by `delete`. Raises UnknownJob."""
        return await self._write(lambda connection: batches.remove(connection, batch_id, owner), is_repeatable=False)

    async def expired(self, limit: int) -> list[Job]:
        """At most `limit` of the jobs that `expire` would remove now."""
        return await self._read(lambda connection: retention.expired(connection, limit))

    async def expire(self, limit: int) -> list[Job]:
        """Remove at most `limit` expired jobs, the longest expired first, and the expired batches that have no jobs.

        Returns the jobs in the state `expired`; the caller deletes their objects. A job that is worked on stays until
        its end.
        """
        return await self._write(lambda connection: retention.expire(connection, limit), is_repeatable=False)

    async def counts(self) -> dict[State, int]:
        """The number of jobs in each state."""
        return await self._read(retention.counts)

    async def waiting_s(self) -> dict[Task, float]:
        """The kinds of which jobs are queued, and for how many seconds the oldest one of each."""
        return await self._read(retention.waiting_s)

    async def known(self, keys: Collection[str]) -> set[str]:
        """Those of the object keys that belong to a job. Each key has its job's id in it (`jobs.keys`)."""
        return await self._read(lambda connection: retention.known(connection, keys))

    def _ended(self, job: Job) -> Job:
        """The job, after the observer was told where this is its end."""
        if job.is_final:
            self.observer.ended(job)
        return job


async def open_store(url: str, observer: Observer = SILENT, quota: Quota = UNLIMITED) -> JobStore:
    """Open the database of jobs and bring its tables up to date; several processes may do so at once.

    `url`: `sqlite:///path` (the file is made, its folder is not) or `postgresql://user:password@host/name`.
    Raises ValueError for another URL, StoreUnavailable if the database does not answer or a newer version has made it.
    """
    engine = engine_for(url)
    try:
        await transact(engine, migrate)
    except BaseException:
        await engine.dispose()
        raise
    return JobStore(engine, observer, quota)
