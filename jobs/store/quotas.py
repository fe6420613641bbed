"""What an owner has and has sent, for quotas. Jobs that are deleted still count for their day."""

import hashlib

from sqlalchemy import Integer, cast, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.quota import DAY_HOURS, HOUR, Load, Quota, Usage
from jobs.store.clock import now
from jobs.store.connection import inserting
from jobs.store.tables import QUEUED, RUNNING, jobs, submissions

_LOCKS = 0x6A6F6273  # "jobs": PostgreSQL knows these locks by two numbers, and that of the migration by one


async def hold(connection: AsyncConnection, owner: str) -> None:
    """Let no other transaction add jobs of this owner until this one ends.

    In SQLite the transaction itself is the lock, because it was begun to write.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:4], signed=True)
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(:locks, :owner)"), {"locks": _LOCKS, "owner": number}
        )


async def usage(connection: AsyncConnection, owner: str, quota: Quota) -> Usage:
    """What the owner has, of what the quota asks for."""
    at = (await connection.execute(select(now()))).scalar_one()
    waiting, kept = 0, 0
    hours: dict[int, int] = {}
    if quota.waiting:  # no more are counted than decide it
        some = select(jobs.c.id).where(jobs.c.owner == owner, QUEUED | RUNNING).limit(quota.waiting).subquery()
        waiting = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    if quota.jobs_a_day:
        first = int(at // HOUR) - DAY_HOURS + 1
        sent = select(submissions).where(submissions.c.owner == owner, submissions.c.hour >= first)
        hours = {row.hour: row.number for row in await connection.execute(sent)}
    if quota.kept_bytes:
        kept_bytes = select(func.coalesce(func.sum(jobs.c.kept_bytes), 0)).where(jobs.c.owner == owner)
        kept = int((await connection.execute(kept_bytes)).scalar_one())
    return Usage(waiting, hours, kept, at)


async def take(connection: AsyncConnection, owner: str, quota: Quota, load: Load) -> None:
    """Check that the load fits, and count it. The owner is held (`hold`). Raises `QuotaExceeded`."""
    found = await usage(connection, owner, quota)
    quota.check(found, load)
    if quota.jobs_a_day:
        values = {"owner": owner, "hour": int(found.now // HOUR), "number": load.jobs}
        counted = inserting(connection, submissions).values(values)
        more = {"number": submissions.c.number + counted.excluded.number}
        await connection.execute(counted.on_conflict_do_update(index_elements=["owner", "hour"], set_=more))


async def forget(connection: AsyncConnection) -> None:
    """Remove the counts of hours that count no more."""
    await connection.execute(
        delete(submissions).where(submissions.c.hour < cast(now() / HOUR, Integer) - DAY_HOURS - 1)
    )
