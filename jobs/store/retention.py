"""What is kept and what is removed: expired jobs, counts by state, and which objects belong to a job."""

from collections.abc import Collection
from dataclasses import replace
from typing import get_args

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.work.order import Task
from jobs.job import Job, State
from jobs.keys import job_of as job_of_key
from jobs.store import quotas
from jobs.store.clock import now
from jobs.store.rows import job_of
from jobs.store.tables import QUEUED, RUNNING, batches, jobs

_IDS_PER_QUERY = 1000

AT_WORK = RUNNING & (jobs.c.lease_until > now())
EXPIRED = (jobs.c.expires_at <= now()) & ~AT_WORK


async def expired(connection: AsyncConnection, limit: int) -> list[Job]:
    """See `JobStore.expired`."""
    query = select(jobs).where(EXPIRED).order_by(jobs.c.expires_at).limit(limit)
    return [job_of(row) for row in (await connection.execute(query)).all()]


async def expire(connection: AsyncConnection, limit: int) -> list[Job]:
    """See `JobStore.expire`."""
    due = select(jobs.c.id).where(EXPIRED).order_by(jobs.c.expires_at).limit(limit)
    ids = (await connection.scalars(due.with_for_update(skip_locked=True))).all()
    removed = (await connection.execute(delete(jobs).where(jobs.c.id.in_(ids)).returning(jobs))).all() if ids else []
    await _remove_empty_batches(connection)
    await quotas.forget(connection)
    return [replace(job_of(row), state="expired") for row in removed]


async def _remove_empty_batches(connection: AsyncConnection) -> None:
    """Those that nobody holds: who deletes or cancels a batch holds it and waits for its jobs, which are held here."""
    is_empty = ~exists().where(jobs.c.batch == batches.c.id)
    empty = select(batches.c.id).where(batches.c.expires_at <= now(), is_empty)
    ids = (await connection.scalars(empty.with_for_update(skip_locked=True))).all()
    for start in range(0, len(ids), _IDS_PER_QUERY):
        some = batches.c.id.in_(ids[start : start + _IDS_PER_QUERY])
        await connection.execute(delete(batches).where(some, is_empty))


async def counts(connection: AsyncConnection) -> dict[State, int]:
    """See `JobStore.counts`."""
    query = select(jobs.c.state, func.count().label("number")).group_by(jobs.c.state)
    found = {row.state: row.number for row in await connection.execute(query)}
    return dict.fromkeys(get_args(State), 0) | found


async def waiting_s(connection: AsyncConnection) -> dict[Task, float]:
    """See `JobStore.waiting_s`. It reads all that is queued, of which no index has the oldest."""
    waits: dict[Task, float] = {}
    for kind in get_args(Task):
        oldest = select(now() - jobs.c.created_at).where(QUEUED, jobs.c.kind == kind)
        waited = (await connection.execute(oldest.order_by(jobs.c.created_at).limit(1))).scalar_one_or_none()
        if waited is not None:
            waits[kind] = max(0.0, waited)
    return waits


async def known(connection: AsyncConnection, keys: Collection[str]) -> set[str]:
    """See `JobStore.known`."""
    ids = sorted({number for key in keys if (number := job_of_key(key)) is not None})
    belonging: set[str] = set()
    for start in range(0, len(ids), _IDS_PER_QUERY):
        query = select(jobs).where(jobs.c.id.in_(ids[start : start + _IDS_PER_QUERY]))
        for row in (await connection.execute(query)).all():
            belonging.update(job_of(row).keys)
    return belonging & set(keys)
