"""Batches: jobs that were submitted together."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.errors import IdempotencyMismatch, StoreUnavailable, UnknownJob
from jobs.job import Batch, IdempotencyKey, Job, JobError, NewJob, State
from jobs.quota import Load, Quota
from jobs.store import deliveries, quotas
from jobs.store.clock import now
from jobs.store.connection import inserting
from jobs.store.jobs import cancellation
from jobs.store.rows import job_of, row_of
from jobs.store.tables import batches, jobs
from jobs.store.turns import next_turn

Submitted: TypeAlias = tuple[NewJob, JobError | None]


async def add(
    connection: AsyncConnection,
    batch_id: UUID,
    owner: str,
    keep_s: float,
    submitted: Sequence[Submitted],
    quota: Quota,
    webhook_url: str | None,
    key: IdempotencyKey | None,
) -> tuple[Batch, list[Job]]:
    """See `JobStore.add_batch`. The jobs are those that have failed already."""
    values = {"id": batch_id, "owner": owner, "created_at": now(), "expires_at": now() + keep_s}
    if key is not None:
        values |= {"idempotency_key": key.hashed, "asked_hash": key.asked_hash}
    if quota:
        await quotas.hold(connection, owner)
    made = inserting(connection, batches).values(values).on_conflict_do_nothing().returning(batches.c.id)
    is_new = (await connection.execute(made)).one_or_none() is not None
    if not is_new:
        earlier = batch_id if key is None else await _earlier(connection, owner, key)
        return await get(connection, earlier, owner), []
    if submitted and quota:
        waiting = sum(error is None for _, error in submitted)
        load = Load(len(submitted), waiting, sum(job.kept_bytes for job, _ in submitted))
        await quotas.take(connection, owner, quota, load)
    failed: list[Job] = []
    turn = await next_turn(connection, owner)
    for place, (job, error) in enumerate(submitted):
        values = row_of(job, keep_s, error) | {"turn": turn + place}
        row = (await connection.execute(insert(jobs).values(values).returning(jobs))).one()
        failed += [] if error is None else [job_of(row)]
    if webhook_url is not None:
        await deliveries.add_for_batch(connection, batch_id, owner, webhook_url)
        if submitted:
            await deliveries.tell_end_of_batch(connection, batch_id)  # all of them may have failed
    return await get(connection, batch_id, owner), failed


async def has(connection: AsyncConnection, owner: str, idempotency_key: str) -> bool:
    """See `JobStore.has_batch`."""
    return (await connection.execute(_under(owner, idempotency_key))).one_or_none() is not None


async def get(connection: AsyncConnection, batch_id: UUID, owner: str) -> Batch:
    """See `JobStore.batch`."""
    row = await _row(connection, batch_id, owner)
    query = select(jobs.c.state, func.count().label("number")).where(jobs.c.batch == batch_id).group_by(jobs.c.state)
    counts: dict[State, int] = {found.state: found.number for found in await connection.execute(query)}
    return Batch(row.id, row.owner, row.created_at, row.expires_at, counts)


async def jobs_of(connection: AsyncConnection, batch_id: UUID, owner: str) -> list[Job]:
    """See `JobStore.jobs_of`."""
    await _row(connection, batch_id, owner)
    query = select(jobs).where(jobs.c.batch == batch_id).order_by(jobs.c.id)
    return [job_of(row) for row in (await connection.execute(query)).all()]


async def cancel(connection: AsyncConnection, batch_id: UUID, owner: str) -> tuple[Batch, list[Job]]:
    """See `JobStore.cancel_batch`. The jobs are those that it has ended."""
    await _row(connection, batch_id, owner, locks=True)
    told = await connection.execute(cancellation().where(jobs.c.batch == batch_id).returning(jobs))
    ended = [job for job in map(job_of, told.all()) if job.is_final]
    await deliveries.tell_end_of_batch(connection, batch_id)
    return await get(connection, batch_id, owner), ended


async def remove(connection: AsyncConnection, batch_id: UUID, owner: str) -> list[Job]:
    """See `JobStore.delete_batch`."""
    await _row(connection, batch_id, owner, locks=True)  # no job can be added any more
    removed = (await connection.execute(delete(jobs).where(jobs.c.batch == batch_id).returning(jobs))).all()
    await connection.execute(delete(batches).where(batches.c.id == batch_id))
    return sorted((job_of(row) for row in removed), key=lambda job: job.id)


def _under(owner: str, idempotency_key: str) -> Select[Any]:
    return select(batches).where(batches.c.owner == owner, batches.c.idempotency_key == idempotency_key)


async def _earlier(connection: AsyncConnection, owner: str, key: IdempotencyKey) -> UUID:
    """The batch that the same request has made."""
    row = (await connection.execute(_under(owner, key.hashed))).one_or_none()
    if row is None:
        raise StoreUnavailable("The batch could not be added, because the one with its idempotency key just went.")
    if row.asked_hash != key.asked_hash:
        raise IdempotencyMismatch("This idempotency key was used for another request.")
    earlier: UUID = row.id
    return earlier


async def _row(connection: AsyncConnection, batch_id: UUID, owner: str, *, locks: bool = False) -> Row[Any]:
    query = select(batches).where(batches.c.id == batch_id, batches.c.owner == owner)
    row = (await connection.execute(query.with_for_update() if locks else query)).one_or_none()
    if row is None:
        raise UnknownJob(f"There is no batch {batch_id}.")
    return row
