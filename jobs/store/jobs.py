"""Single jobs: submitted, asked for, cancelled and deleted by their owner."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, delete, func, literal, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from jobs.errors import IdempotencyMismatch, StoreUnavailable, UnknownJob
from jobs.job import Job, JobError, NewJob, State
from jobs.quota import Load, Quota
from jobs.store import deliveries, quotas
from jobs.store.clock import now
from jobs.store.connection import inserting
from jobs.store.rows import job_of, row_of
from jobs.store.tables import QUEUED, RUNNING, WAITS, jobs
from jobs.store.turns import PLACE, next_turn


async def add(
    connection: AsyncConnection,
    job: NewJob,
    keep_s: float,
    error: JobError | None,
    quota: Quota,
    webhook_url: str | None = None,
) -> tuple[Job, bool]:
    """Insert a job, or find the one that the same request has made earlier. See `JobStore.add`."""
    if quota:
        await quotas.hold(connection, job.owner)
        earlier = await _earlier(connection, job)
        if earlier is not None:
            return earlier, earlier.id == job.id
        load = Load(waiting=0 if error else 1, kept_bytes=job.kept_bytes)
        await quotas.take(connection, job.owner, quota, load)
    row = row_of(job, keep_s, error) | {"turn": await next_turn(connection, job.owner)}
    statement = inserting(connection, jobs).values(row).on_conflict_do_nothing().returning(jobs)
    for _ in range(2):  # the earlier job may be deleted before it is read
        try:
            added = (await connection.execute(statement)).one_or_none()
        except IntegrityError as fault:
            raise UnknownJob(f"There is no batch {job.batch}.") from fault
        if added is not None:
            new = job_of(added)
            if webhook_url is not None:
                await deliveries.add_for_job(connection, new, webhook_url)
            return new, True
        earlier = await _earlier(connection, job)
        if earlier is not None:
            return earlier, earlier.id == job.id
    raise StoreUnavailable("The job could not be added, because jobs with its idempotency key come and go.")


async def get(connection: AsyncConnection, job_id: UUID, owner: str) -> Job:
    """See `JobStore.get`."""
    row = (await connection.execute(select(jobs).where(jobs.c.id == job_id, jobs.c.owner == owner))).one_or_none()
    if row is None:
        raise _unknown(job_id)
    return job_of(row)


def page(owner: str, state: State | None, before: UUID | None, limit: int) -> Select[Any]:
    """The query for an owner's jobs, newest first."""
    query = select(jobs).where(jobs.c.owner == owner).order_by(jobs.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(jobs.c.state == state)
    return query if before is None else query.where(jobs.c.id < before)


async def position(connection: AsyncConnection, job: Job) -> int:
    """See `JobStore.position`."""
    place = tuple_(*(literal(getattr(job, column.name), column.type) for column in PLACE))
    earlier = select(func.count()).select_from(jobs).where(QUEUED, tuple_(*PLACE) < place)
    return (await connection.execute(earlier)).scalar_one()


async def cancel(connection: AsyncConnection, job_id: UUID, owner: str) -> tuple[Job, bool]:
    """See `JobStore.cancel`. True where that has ended the job."""
    statement = cancellation().where(jobs.c.id == job_id, jobs.c.owner == owner).returning(jobs)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return await get(connection, job_id, owner), False
    job = job_of(row)
    if job.is_final:
        await deliveries.tell_end(connection, job)
    return job, job.is_final


def cancellation() -> Update:
    """Cancels jobs that nobody works on at once, and tells running ones; it leaves the others as they are."""
    idle = QUEUED | (RUNNING & (jobs.c.stage == WAITS))
    return (
        update(jobs)
        .where(QUEUED | RUNNING)
        .values(
            state=case((idle, "cancelled"), else_=jobs.c.state),
            finished_at=case((idle, now()), else_=jobs.c.finished_at),
            lease_until=case((idle, None), else_=jobs.c.lease_until),
            is_cancelling=case((idle, False), else_=True),
        )
    )


async def remove(connection: AsyncConnection, job_id: UUID, owner: str) -> Job:
    """See `JobStore.delete`."""
    statement = delete(jobs).where(jobs.c.id == job_id, jobs.c.owner == owner).returning(jobs)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise _unknown(job_id)
    job = job_of(row)
    if job.batch is not None:
        await deliveries.tell_end_of_batch(connection, job.batch)  # it may have been the last one
    return job


async def _earlier(connection: AsyncConnection, job: NewJob) -> Job | None:
    """The job that took the place: with the same id, where the insert is repeated, or with the same idempotency key."""
    same = select(jobs).where(jobs.c.id == job.id, jobs.c.owner == job.owner)
    row = (await connection.execute(same)).one_or_none()
    if row is not None or job.idempotency_key is None:
        return None if row is None else job_of(row)
    same = select(jobs).where(jobs.c.owner == job.owner, jobs.c.idempotency_key == job.idempotency_key)
    row = (await connection.execute(same)).one_or_none()
    if row is not None and row.asked_hash != job.asked_hash:
        raise IdempotencyMismatch("This idempotency key was used for another request.")
    return None if row is None else job_of(row)


def _unknown(job_id: UUID) -> UnknownJob:
    return UnknownJob(f"There is no job {job_id}.")
