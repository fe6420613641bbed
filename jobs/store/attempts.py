"""Attempts at jobs: kept by signs of life and ended once. Each statement names the attempt that it is for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from jobs.errors import LeaseLost
from jobs.job import Job, JobError, Result, State
from jobs.store import deliveries
from jobs.store.clock import now
from jobs.store.rows import job_of, written
from jobs.store.tables import RUNNING, jobs


async def beat(connection: AsyncConnection, job: Job, lease_s: float, stage: str | None, fraction: float) -> bool:
    """See `JobStore.beat`."""
    alive = _attempt(job).values(lease_until=now() + lease_s, stage=stage, fraction=fraction)
    is_cancelling = (await connection.execute(alive.returning(jobs.c.is_cancelling))).scalar_one_or_none()
    if is_cancelling is None:
        raise _lost(job)
    return bool(is_cancelling)


async def succeed(connection: AsyncConnection, job: Job, result: Result, timings_ms: Mapping[str, float]) -> Job:
    """See `JobStore.succeed`."""
    facts = {"timings_ms": dict(timings_ms), "stage": None, "fraction": 1.0}
    kept_bytes = jobs.c.kept_bytes + result.kept_bytes
    return await _end(connection, job, "succeeded", result=written(result), kept_bytes=kept_bytes, **facts)


async def fail(connection: AsyncConnection, job: Job, error: JobError) -> Job:
    """See `JobStore.fail`."""
    return await _end(connection, job, "failed", error=written(error))


async def end_cancelled(connection: AsyncConnection, job: Job) -> Job:
    """See `JobStore.end_cancelled`."""
    return await _end(connection, job, "cancelled")


async def release(connection: AsyncConnection, job: Job, *, counts: bool) -> Job:
    """See `JobStore.release`."""
    given_back = _attempt(job).values(
        state=case((jobs.c.is_cancelling, "cancelled"), else_="queued"),
        finished_at=case((jobs.c.is_cancelling, now()), else_=None),
        releases=jobs.c.releases + (0 if counts else 1),
        lease_until=None,
        started_at=None,
        is_cancelling=False,
        stage=None,
        fraction=0.0,
    )
    row = (await connection.execute(given_back.returning(jobs))).one_or_none()
    if row is not None:
        released = job_of(row)
        if released.is_final:
            await deliveries.tell_end(connection, released)
        return released
    ended = await _ended(connection, job)
    if ended is None or ended.state not in ("queued", "cancelled"):
        raise _lost(job)
    return ended


async def _end(connection: AsyncConnection, job: Job, state: State, **facts: Any) -> Job:
    ending = _attempt(job).values(state=state, finished_at=now(), lease_until=None, is_cancelling=False, **facts)
    row = (await connection.execute(ending.returning(jobs))).one_or_none()
    if row is not None:
        over = job_of(row)
        await deliveries.tell_end(connection, over)
        return over
    # The same call may have been committed already, and only its answer was lost.
    ended = await _ended(connection, job)
    if ended is None or ended.state != state:
        raise _lost(job)
    has = {"result": ended.result and written(ended.result), "error": ended.error and written(ended.error)}
    if any(has[name] != facts.get(name) for name in has):
        raise _lost(job)
    return ended


def _attempt(job: Job) -> Update:
    return update(jobs).where(jobs.c.id == job.id, RUNNING, jobs.c.attempt == job.attempt)


async def _ended(connection: AsyncConnection, job: Job) -> Job | None:
    """The job as it is after this attempt has ended, unless another attempt was begun since."""
    query = select(jobs).where(jobs.c.id == job.id, jobs.c.attempt == job.attempt)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else job_of(row)


def _lost(job: Job) -> LeaseLost:
    return LeaseLost(f"Attempt {job.attempt} at job {job.id} counts no more.")
