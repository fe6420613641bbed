"""Webhooks become due with the end that they tell of, once, and are claimed by one sender at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from jobs.job import Job, JobError
from jobs.store import deliveries
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.webhooks.webhook import Delivery, Webhook
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, new_job, result_of

pytestmark = pytest.mark.anyio

URL = "https://shop.example.org/hook?token=secret"
ERROR = JobError("A sentence.", "decode", "broken_image")


async def begun(store: JobStore, *, batch: UUID | None = None, url: str | None = URL, lease_s: float = LEASE) -> Job:
    job, _ = await store.add(new_job(batch=batch), keep_s=HOUR, webhook_url=url)
    claimed = await store.claim(lease_s, job_id=job.id, max_attempts=ATTEMPTS)
    assert claimed is not None
    return claimed


async def due(store: JobStore, lease_s: float = LEASE) -> list[Delivery]:
    return await store.outbox.claim(lease_s, limit=100)


async def cancelled_at_work(store: JobStore, job: Job) -> None:
    await store.cancel(job.id, job.owner)
    await store.end_cancelled(job)


async def released_while_cancelling(store: JobStore, job: Job) -> None:
    await store.cancel(job.id, job.owner)
    await store.release(job)


End = Callable[[JobStore, Job], Awaitable[object]]
ENDS: dict[str, tuple[End, str]] = {
    "success": (lambda store, job: store.succeed(job, result_of(job), {}), "job.succeeded"),
    "error": (lambda store, job: store.fail(job, ERROR), "job.failed"),
    "cancelled at work": (cancelled_at_work, "job.cancelled"),
    "released": (released_while_cancelling, "job.cancelled"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_the_end_of_a_job_is_told_once(store: JobStore, end: str) -> None:
    ending, kind = ENDS[end]
    job = await begun(store)
    assert await due(store) == []
    assert await store.outbox.webhook(job.id) == Webhook("waiting", 0, None)
    await ending(store, job)
    (delivery,) = await due(store)
    assert (delivery.job, delivery.batch, delivery.owner, delivery.type) == (job.id, None, "ada", kind)
    assert (delivery.url, delivery.attempts) == (URL, 0)
    assert delivery.id.version == 7
    ended = await store.get(job.id, "ada")
    assert delivery.ended_at == pytest.approx(ended.finished_at or 0, abs=0.1)
    assert await due(store) == []


async def test_a_queued_job_that_is_cancelled_is_told(store: JobStore) -> None:
    job, _ = await store.add(new_job(), keep_s=HOUR, webhook_url=URL)
    await store.cancel(job.id, "ada")
    await store.cancel(job.id, "ada")
    assert [delivery.type for delivery in await due(store)] == ["job.cancelled"]


async def test_a_job_that_has_lost_its_worker_too_often_is_told(store: JobStore) -> None:
    job = await begun(store, lease_s=0.0)
    assert await store.claim(LEASE, max_attempts=1) is None
    assert [(delivery.job, delivery.type) for delivery in await due(store)] == [(job.id, "job.failed")]


async def test_a_job_that_fails_at_once_is_told(store: JobStore) -> None:
    await store.add(new_job(), keep_s=HOUR, error=ERROR, webhook_url=URL)
    assert [delivery.type for delivery in await due(store)] == ["job.failed"]


async def test_a_job_without_a_webhook_tells_nobody(store: JobStore) -> None:
    job = await begun(store, url=None)
    await store.succeed(job, result_of(job), {})
    assert await due(store) == []
    assert await store.outbox.webhook(job.id) is None


async def test_an_end_that_is_written_again_is_told_once(store: JobStore) -> None:
    job = await begun(store)
    for _ in range(2):  # as where the answer of the first commit was lost
        await store.succeed(job, result_of(job), {})
    assert len(await due(store)) == 1


async def test_a_job_that_is_added_again_has_one_webhook(store: JobStore) -> None:
    job = new_job()
    for _ in range(2):
        await store.add(job, keep_s=HOUR, webhook_url=URL)
    await store.cancel(job.id, "ada")
    assert len(await due(store)) == 1


async def test_an_end_and_its_delivery_are_one_transaction(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await begun(store)

    async def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "tell_end", fail)
        with pytest.raises(RuntimeError):
            await store.succeed(job, result_of(job), {})
    assert (await store.get(job.id, "ada")).state == "running"
    assert await due(store) == []


async def test_a_delivery_outlives_the_process_in_which_its_job_ended(store: JobStore, database: str) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    await store.close()
    other = await open_store(database)
    assert [delivery.job for delivery in await due(other)] == [job.id]
    await other.close()


async def test_a_delivery_is_due_again_when_its_lease_ends(store: JobStore) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    (first,) = await due(store, lease_s=0.2)
    assert await due(store) == []
    await asyncio.sleep(0.25)
    (second,) = await due(store)
    assert second.id == first.id
    await store.outbox.settle(first, "delivered", status=200)  # too late: it belongs to somebody else now
    assert await store.outbox.webhook(job.id) == Webhook("waiting", 0, None)
    await store.outbox.settle(second, "delivered", status=204)
    assert await store.outbox.webhook(job.id) == Webhook("delivered", 1, 204)


async def test_a_failed_attempt_is_due_again_later(store: JobStore) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    (delivery,) = await due(store)
    await store.outbox.settle(delivery, "waiting", status=500, retry_s=0.2)
    assert await due(store) == []
    await asyncio.sleep(0.25)
    (again,) = await due(store)
    assert (again.id, again.attempts, again.url) == (delivery.id, 1, URL)
    await store.outbox.postpone(again, 0.0)
    (once_more,) = await due(store)
    assert once_more.attempts == 1
    assert await store.outbox.webhook(job.id) == Webhook("waiting", 1, 500)


async def test_two_claims_never_give_the_same_delivery(store: JobStore, database: str) -> None:
    other = await open_store(database)
    for _ in range(30):
        await store.add(new_job(), keep_s=HOUR, error=ERROR, webhook_url=URL)
    claims = [each.outbox.claim(LEASE, limit=4) for _ in range(6) for each in (store, other)]
    found = [delivery.id for claimed in await asyncio.gather(*claims) for delivery in claimed]
    while more := await due(store):
        found += [delivery.id for delivery in more]
    assert len(found) == len(set(found)) == 30
    await other.close()


async def test_what_is_over_keeps_no_address(store: JobStore, database: str) -> None:
    for _ in range(2):
        await store.add(new_job(), keep_s=HOUR, error=ERROR, webhook_url=URL)
    first, second = await due(store)
    await store.outbox.settle(first, "delivered", status=200)
    await store.outbox.settle(second, "failed", status=410)
    engine = engine_for(database)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT DISTINCT url FROM deliveries"))).scalars().all() == [""]
    await engine.dispose()


async def test_a_deleted_job_takes_its_delivery_along(store: JobStore) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    await store.delete(job.id, "ada")
    assert await due(store) == []
    assert await store.outbox.webhook(job.id) is None


async def test_retention_takes_deliveries_along(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=0.0, webhook_url=URL)
    job, _ = await store.add(new_job(), keep_s=0.0, error=ERROR, webhook_url=URL)
    assert [expired.id for expired in await store.expire(10)] == [job.id]
    assert await due(store) == []
    assert await store.outbox.webhook(batch.id) is None


async def test_a_batch_is_told_when_its_last_job_has_ended(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR, webhook_url=URL)
    first, second = [await begun(store, batch=batch.id, url=None) for _ in range(2)]
    await store.fail(first, ERROR)
    assert await due(store) == []
    await store.succeed(second, result_of(second), {})
    (delivery,) = await due(store)
    assert (delivery.job, delivery.batch, delivery.type) == (None, batch.id, "batch.finished")
    assert await store.outbox.webhook(batch.id) == Webhook("waiting", 0, None)


async def test_a_batch_whose_files_are_all_faulty_is_told_at_once(store: JobStore) -> None:
    number = uuid7()
    faulty = [(new_job(batch=number), ERROR) for _ in range(2)]
    for _ in range(2):  # as where the answer of the first commit was lost
        await store.add_batch(number, "ada", keep_s=HOUR, submitted=faulty, webhook_url=URL)
    assert [delivery.batch for delivery in await due(store)] == [number]


async def test_a_batch_with_one_sound_file_is_told_after_it(store: JobStore) -> None:
    number, sound = uuid7(), new_job()
    submitted = [(new_job(batch=number), ERROR), (replace(sound, batch=number), None)]
    await store.add_batch(number, "ada", keep_s=HOUR, submitted=submitted, webhook_url=URL)
    assert await due(store) == []
    await store.cancel(sound.id, "ada")
    assert [delivery.batch for delivery in await due(store)] == [number]


@pytest.mark.parametrize("ending", ["cancel", "cancel_batch", "delete"])
async def test_a_batch_whose_last_job_is_cancelled_or_deleted_is_told(store: JobStore, ending: str) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR, webhook_url=URL)
    job, _ = await store.add(new_job(batch=batch.id), keep_s=HOUR)
    await getattr(store, ending)(batch.id if ending == "cancel_batch" else job.id, "ada")
    assert [delivery.batch for delivery in await due(store)] == [batch.id]


async def test_a_deleted_batch_tells_nobody(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR, webhook_url=URL)
    await store.add(new_job(batch=batch.id), keep_s=HOUR)
    await store.delete_batch(batch.id, "ada")
    assert await due(store) == []


async def test_jobs_of_a_batch_that_end_at_once_are_told_once(store: JobStore, database: str) -> None:
    other = await open_store(database)
    for _ in range(5):
        batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR, webhook_url=URL)
        jobs = [await begun(store, batch=batch.id, url=None) for _ in range(6)]
        ends = [(store, other)[number % 2].fail(job, ERROR) for number, job in enumerate(jobs)]
        await asyncio.gather(*ends)
        assert [delivery.batch for delivery in await due(store)] == [batch.id]
    await other.close()
