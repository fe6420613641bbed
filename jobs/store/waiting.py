"""Jobs that wait for a worker: those in the queue, and those whose worker was lost."""

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.work.order import Task
from jobs.store.claims import LAPSED
from jobs.store.tables import QUEUED, jobs
from jobs.store.turns import PLACE


async def count(connection: AsyncConnection, limit: int) -> dict[Task, int]:
    """See `JobStore.waiting`."""
    counts: dict[Task, int] = dict.fromkeys(get_args(Task), 0)
    for condition in (QUEUED, LAPSED):
        some = select(jobs.c.kind).where(condition).limit(limit).subquery()
        for kind, number in await connection.execute(select(some.c.kind, func.count()).group_by(some.c.kind)):
            if kind in counts:  # a newer version may know more
                counts[kind] += number
    return counts


async def longest(connection: AsyncConnection, kind: Task, limit: int) -> Sequence[UUID]:
    """See `JobStore.longest_waiting`."""
    lost = select(jobs.c.id).where(LAPSED, jobs.c.kind == kind).order_by(jobs.c.lease_until).limit(limit)
    queued = select(jobs.c.id).where(QUEUED, jobs.c.kind == kind).order_by(*PLACE).limit(limit)
    found = [*(await connection.scalars(lost)).all(), *(await connection.scalars(queued)).all()]
    return found[:limit]
