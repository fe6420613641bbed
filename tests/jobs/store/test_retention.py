"""Expiry, counts, and the objects that belong to jobs."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from jobs.errors import LeaseLost, UnknownJob
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from tests.jobs.postgres import PostgresServer
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio


async def test_expired_jobs_are_removed_the_longest_expired_first(store: JobStore) -> None:
    expired = [(await store.add(new_job(), keep_s=-seconds))[0] for seconds in (10, 30, 20)]
    kept = await added(store)
    first = await store.expire(2)
    assert {job.id for job in first} == {expired[1].id, expired[2].id}
    assert {job.state for job in first} == {"expired"}
    assert [job.id for job in await store.expire(2)] == [expired[0].id]
    assert await store.expire(2) == []
    assert await store.page("ada", limit=9) == [kept]


async def test_a_job_that_is_worked_on_expires_at_its_end(store: JobStore) -> None:
    await store.add(new_job(), keep_s=-1)
    job = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert job is not None
    assert await store.expire(9) == []
    done = await store.succeed(job, result_of(job), {})
    assert [removed.keys for removed in await store.expire(9)] == [done.keys]


async def test_a_job_whose_worker_is_lost_expires(store: JobStore) -> None:
    await store.add(new_job(), keep_s=-1)
    job = await store.claim(0, max_attempts=ATTEMPTS)
    assert job is not None
    assert [removed.id for removed in await store.expire(9)] == [job.id]
    with pytest.raises(LeaseLost):
        await store.beat(job, LEASE, stage=None, fraction=0)


async def test_a_batch_expires_with_its_last_job(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=-1)
    job = await added(store, batch=batch.id)
    assert await store.expire(9) == []
    assert await store.jobs_of(batch.id, "ada") == [job]
    await store.delete(job.id, "ada")
    await store.expire(9)
    with pytest.raises(UnknownJob):
        await store.batch(batch.id, "ada")


async def test_a_batch_that_has_not_expired_stays_without_jobs(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR)
    await store.expire(9)
    assert await store.batch(batch.id, "ada") == batch


async def test_two_sweepers_remove_each_job_once(store: JobStore) -> None:
    for _ in range(20):
        await store.add(new_job(), keep_s=-1)
    shares = await asyncio.gather(*(store.expire(5) for _ in range(6)))
    removed = [job.id for share in shares for job in share]
    assert len(removed) == len(set(removed))
    assert len(removed) + len(await store.expire(20)) == 20


async def test_counts_of_all_states(store: JobStore) -> None:
    empty = {"queued": 0, "running": 0, "succeeded": 0, "failed": 0, "cancelled": 0, "expired": 0}
    assert await store.counts() == empty
    await begun(store)
    for owner in ("ada", "eve"):
        await added(store, owner)
    assert await store.counts() == empty | {"queued": 2, "running": 1}


async def test_known_keys_are_those_of_rows(store: JobStore) -> None:
    done, other, gone = await begun(store), await added(store, reference_key=None), new_job()
    done = await store.succeed(done, result_of(done), {})
    lost = result_of(done, attempt=2).picture_key  # written by an attempt that was overtaken
    asked = [*done.keys, other.input_key, lost, gone.input_key, "no/id/in/it", ""]
    assert await store.known(asked) == {*done.keys, other.input_key}
    assert await store.known([]) == set()


async def test_known_takes_thousands_of_keys(store: JobStore) -> None:
    job = await added(store)
    assert await store.known([new_job().input_key for _ in range(2500)] + [job.input_key]) == {job.input_key}


async def test_a_sweep_waits_for_nobody_who_deletes_or_cancels_a_batch(postgres: PostgresServer) -> None:
    """These hold the batch and wait for its jobs, which the sweep holds: it must not wait for the batch."""
    url = postgres.empty()
    store, engine = await open_store(url), engine_for(url)
    number = uuid7()
    job = new_job(batch=number)
    await store.add_batch(number, "ada", keep_s=0.0, submitted=[(job, None)])
    async with engine.begin() as other:
        await other.execute(text("SELECT id FROM batches FOR UPDATE"))
        sweep = asyncio.ensure_future(store.expire(10))
        done, _ = await asyncio.wait({sweep}, timeout=5)
        assert done
        await other.execute(text("DELETE FROM jobs"))
    assert [expired.id for expired in await sweep] == [job.id]
    assert await store.expire(10) == []  # the next sweep removes the batch
    with pytest.raises(UnknownJob):
        await store.batch(number, "ada")
    await store.close()
    await engine.dispose()
