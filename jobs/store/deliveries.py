"""Deliveries of webhooks. They become due in the transaction that ends a job, so that no end goes untold."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.sources.target import host_of
from jobs.job import Job
from jobs.store.clock import now
from jobs.store.connection import inserting
from jobs.store.tables import QUEUED, RUNNING, UNSENT, deliveries, jobs
from jobs.webhooks.webhook import Delivery, EventType, Webhook, WebhookState

NOT_ENDED = deliveries.c.type.is_(None)


async def add_for_job(connection: AsyncConnection, job: Job, url: str) -> None:
    """The end of this job is to be told to `url`, once."""
    await _add(connection, job.owner, url, job=job.id)
    if job.is_final:
        await tell_end(connection, job)


async def add_for_batch(connection: AsyncConnection, batch_id: UUID, owner: str, url: str) -> None:
    """The end of this batch is to be told to `url`, once."""
    await _add(connection, owner, url, batch=batch_id)


async def tell_end(connection: AsyncConnection, job: Job) -> None:
    """The job has ended in this transaction: its webhook is due, and its batch's if no other job of it is left."""
    kind: EventType
    match job.state:
        case "succeeded":
            kind = "job.succeeded"
        case "cancelled":
            kind = "job.cancelled"
        case _:
            kind = "job.failed"
    await connection.execute(update(deliveries).where(deliveries.c.job == job.id, NOT_ENDED).values(_due(kind)))
    if job.batch is not None:
        await tell_end_of_batch(connection, job.batch)


async def tell_end_of_batch(connection: AsyncConnection, batch_id: UUID) -> None:
    """The webhook of a batch is due if none of its jobs waits or is at work.

    Two jobs may end at the same time, and neither transaction sees the other's end. So each locks the delivery before
    it looks: the one that comes second looks after the first one has ended. No transaction
    asks for a job's row after that, and who ends jobs of several batches does so in the order of these: no deadlock.
    """
    unsent = select(deliveries.c.id).where(_of_batch(batch_id), NOT_ENDED)
    if (await connection.execute(unsent.with_for_update())).one_or_none() is None:
        return
    is_left = exists().where(jobs.c.batch == batch_id, QUEUED | RUNNING)
    ended = update(deliveries).where(_of_batch(batch_id), UNSENT, NOT_ENDED, ~is_left)
    await connection.execute(ended.values(_due("batch.finished")))


async def settle(
    connection: AsyncConnection, delivery: Delivery, state: WebhookState, status: int | None, retry_s: float
) -> None:
    """See `Outbox.settle`."""
    # The address may hold a secret, and is not needed any more.
    over = {} if state == "waiting" else {"url": "", "host": ""}
    settled = update(deliveries).where(_claimed(delivery))
    values = {"state": state, "attempts": delivery.attempts + 1, "last_status": status, "due_at": now() + retry_s}
    await connection.execute(settled.values(values | over))


async def postpone(connection: AsyncConnection, delivery: Delivery, wait_s: float) -> None:
    """See `Outbox.postpone`."""
    await connection.execute(update(deliveries).where(_claimed(delivery)).values(due_at=now() + wait_s))


async def webhook(connection: AsyncConnection, of: UUID) -> Webhook | None:
    """See `Outbox.webhook`."""
    query = select(deliveries.c.state, deliveries.c.attempts, deliveries.c.last_status)
    for subject in (deliveries.c.job, deliveries.c.batch):
        row = (await connection.execute(query.where(subject == of))).one_or_none()
        if row is not None:
            return Webhook(row.state, row.attempts, row.last_status)
    return None


async def _add(
    connection: AsyncConnection, owner: str, url: str, *, job: UUID | None = None, batch: UUID | None = None
) -> None:
    values = {
        "id": uuid7(),
        "job": job,
        "batch": batch,
        "owner": owner,
        "url": url,
        "host": host_of(url),
        "state": "waiting",
        "attempts": 0,
    }
    await connection.execute(inserting(connection, deliveries).values(values).on_conflict_do_nothing())


def _of_batch(batch_id: UUID) -> ColumnElement[bool]:
    return deliveries.c.batch == batch_id


def _due(kind: EventType) -> dict[str, object]:
    return {"type": kind, "ended_at": now(), "due_at": now()}


def _claimed(delivery: Delivery) -> ColumnElement[bool]:
    """It is still this claim's: nobody else has claimed it since."""
    return (deliveries.c.id == delivery.id) & UNSENT & (deliveries.c.due_at == delivery.due_at)
