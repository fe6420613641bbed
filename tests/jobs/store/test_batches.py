"""Batches: jobs that were submitted together."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from jobs.errors import IdempotencyMismatch, LeaseLost, UnknownJob
from jobs.job import Batch, IdempotencyKey, Job
from jobs.store.store import JobStore
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio


async def filled(store: JobStore, count: int = 3) -> tuple[Batch, list[Job]]:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR)
    jobs = [await added(store, batch=batch.id) for _ in range(count)]
    await added(store)  # one that belongs to no batch
    return batch, jobs


async def test_a_new_batch_is_empty(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR)
    assert batch.counts == {}
    assert batch.owner == "ada"
    assert batch.expires_at == pytest.approx(batch.created_at + HOUR, abs=0.01)
    assert await store.batch(batch.id, "ada") == batch
    assert await store.jobs_of(batch.id, "ada") == []
    assert await store.add_batch(batch.id, "ada", keep_s=HOUR) == batch  # its answer may have been lost


async def test_the_same_request_again_is_the_same_batch(store: JobStore) -> None:
    async def add(owner: str = "ada", asked_hash: str = "h") -> Batch:
        submitted = [(new_job(owner), None), (new_job(owner), None)]
        for place, (job, error) in enumerate(submitted):
            submitted[place] = (replace(job, batch=(number := uuid7()) if place == 0 else number), error)
        return await store.add_batch(
            number,
            owner,
            keep_s=HOUR,
            submitted=submitted,
            webhook_url="https://a.example",
            key=IdempotencyKey("k", asked_hash),
        )

    batches = await asyncio.gather(*(add() for _ in range(5)))
    assert len({batch.id for batch in batches}) == 1
    assert len(await store.page("ada", limit=20)) == 2
    assert await store.has_batch("ada", "k")
    assert not await store.has_batch("eve", "k")
    with pytest.raises(IdempotencyMismatch):
        await add(asked_hash="other")
    assert (await add("eve")).id != batches[0].id
    await store.delete_batch(batches[0].id, "ada")
    assert not await store.has_batch("ada", "k")
    assert (await add(asked_hash="other")).id != batches[0].id


async def test_counts_and_order_of_submission(store: JobStore) -> None:
    batch, jobs = await filled(store)
    await store.cancel(jobs[1].id, "ada")
    running = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert running is not None
    assert (await store.batch(batch.id, "ada")).counts == {"cancelled": 1, "queued": 1, "running": 1}
    assert [job.id for job in await store.jobs_of(batch.id, "ada")] == [job.id for job in jobs]


async def test_others_batches_are_unknown(store: JobStore) -> None:
    batch, jobs = await filled(store)
    for call in (store.batch, store.jobs_of, store.cancel_batch, store.delete_batch):
        for batch_id, owner in ((batch.id, "eve"), (uuid7(), "ada")):
            with pytest.raises(UnknownJob, match=str(batch_id)):
                await call(batch_id, owner)
    with pytest.raises(UnknownJob):
        await store.add_batch(batch.id, "eve", keep_s=HOUR)
    assert await store.jobs_of(batch.id, "ada") == jobs


async def test_cancel_of_a_batch_cancels_each_job(store: JobStore) -> None:
    batch, jobs = await filled(store)
    done = await begun(store, batch=batch.id)
    await store.succeed(done, result_of(done), {})
    running = await store.claim(LEASE, job_id=jobs[0].id, max_attempts=ATTEMPTS)
    assert running is not None
    cancelled = await store.cancel_batch(batch.id, "ada")
    assert cancelled.counts == {"cancelled": 2, "running": 1, "succeeded": 1}
    assert await store.beat(running, LEASE, stage=None, fraction=0)
    assert (await store.counts())["queued"] == 1  # the one of no batch


async def test_delete_of_a_batch_returns_its_jobs(store: JobStore) -> None:
    batch, jobs = await filled(store)
    running = await store.claim(LEASE, job_id=jobs[0].id, max_attempts=ATTEMPTS)
    assert running is not None
    assert await store.delete_batch(batch.id, "ada") == [running, *jobs[1:]]
    with pytest.raises(UnknownJob):
        await store.batch(batch.id, "ada")
    with pytest.raises(LeaseLost):
        await store.succeed(running, result_of(running), {})
    with pytest.raises(UnknownJob):
        await store.add(new_job(batch=batch.id), keep_s=HOUR)
    assert len(await store.page("ada", limit=9)) == 1


async def test_jobs_that_come_while_the_batch_is_deleted_leave_nothing_behind(store: JobStore) -> None:
    batch, _ = await filled(store)
    requests = [store.add(new_job(batch=batch.id), keep_s=HOUR) for _ in range(10)]
    outcomes = await asyncio.gather(*requests, store.delete_batch(batch.id, "ada"), return_exceptions=True)
    removed = outcomes.pop()
    assert isinstance(removed, list)
    taken = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
    assert all(isinstance(outcome, UnknownJob) for outcome in outcomes if outcome not in taken)
    assert len(removed) == 3 + len(taken)
    assert len(await store.page("ada", limit=20)) == 1


async def test_batches_that_are_cancelled_and_deleted_at_once_do_not_deadlock(store: JobStore) -> None:
    batch, _ = await filled(store, 10)
    cancels = [store.cancel_batch(batch.id, "ada") for _ in range(5)]
    claims = [store.claim(LEASE, max_attempts=ATTEMPTS) for _ in range(5)]
    outcomes = await asyncio.gather(*cancels, *claims, store.delete_batch(batch.id, "ada"), return_exceptions=True)
    assert not [error for error in outcomes if isinstance(error, Exception) and not isinstance(error, UnknownJob)]
    with pytest.raises(UnknownJob):
        await store.jobs_of(batch.id, "ada")
