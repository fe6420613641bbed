"""Quotas hold in the table of jobs, however many add at the same time, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from jobs.errors import IdempotencyMismatch, QuotaExceeded, UnknownJob
from jobs.job import JobError
from jobs.quota import Quota
from jobs.store.batches import Submitted
from jobs.store.store import JobStore, open_store
from tests.jobs.postgres import PostgresServer, needs_postgres
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio

ERROR = JobError("A sentence.", "decode", "unsupported_media_type")

Opened = Callable[[Quota], Any]


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Opened]:
    """Opens the database with a quota; several times, as several processes do."""
    stores: list[JobStore] = []

    async def open_one(quota: Quota) -> JobStore:
        stores.append(await open_store(database, quota=quota))
        return stores[-1]

    yield open_one
    for store in stores:
        await store.close()


async def outcomes(calls: Sequence[Any]) -> tuple[int, int]:
    """How many calls were let in, and how many refused."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in found if isinstance(one, QuotaExceeded)]
    assert all(isinstance(one, QuotaExceeded) or not isinstance(one, BaseException) for one in found), found
    return len(found) - len(refused), len(refused)


def batch_of(number: int, owner: str = "ada", **changes: Any) -> tuple[Any, list[Submitted]]:
    batch = uuid7()
    return batch, [(new_job(owner, batch=batch, **changes), None) for _ in range(number)]


@pytest.mark.parametrize("quota", [Quota(waiting=5), Quota(jobs_a_day=5), Quota(kept_bytes=500)], ids=str)
async def test_jobs_that_are_added_at_once_do_not_slip_through(opened: Opened, quota: Quota) -> None:
    stores = [await opened(quota) for _ in range(3)]
    adds = [stores[number % 3].add(new_job(kept_bytes=100), keep_s=HOUR) for number in range(20)]
    assert await outcomes(adds) == (5, 15)
    assert len(await stores[0].page("ada", limit=100)) == 5


@needs_postgres
async def test_quotas_hold_whatever_isolation_the_database_has_as_its_default(postgres: PostgresServer) -> None:
    """A snapshot taken before the owner is held would not have what others have added meanwhile."""
    url = f"{postgres.empty()}?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"
    stores = [await open_store(url, quota=Quota(waiting=5)) for _ in range(2)]
    assert await outcomes([stores[number % 2].add(new_job(), keep_s=HOUR) for number in range(20)]) == (5, 15)
    for store in stores:
        await store.close()


@pytest.mark.parametrize("quota", [Quota(waiting=7), Quota(jobs_a_day=7), Quota(kept_bytes=700)], ids=str)
async def test_a_batch_is_added_as_a_whole_or_not_at_all(opened: Opened, quota: Quota) -> None:
    stores = [await opened(quota) for _ in range(2)]
    made = [batch_of(3, kept_bytes=100) for _ in range(6)]
    adds = [
        stores[number % 2].add_batch(batch, "ada", keep_s=HOUR, submitted=submitted)
        for number, (batch, submitted) in enumerate(made)
    ]
    assert await outcomes(adds) == (2, 4)
    assert len(await stores[0].page("ada", limit=100)) == 6
    assert (await stores[0].add(new_job(kept_bytes=100), keep_s=HOUR))[1]  # what was refused does not count
    with pytest.raises(QuotaExceeded):
        await stores[0].add(new_job(kept_bytes=100), keep_s=HOUR)
    known = [batch for batch, _ in made if await _is_known(stores[0], batch)]
    assert len(known) == 2


async def _is_known(store: JobStore, batch: Any) -> bool:
    try:
        await store.batch(batch, "ada")
    except UnknownJob:
        return False
    return True


async def test_owners_do_not_share(opened: Opened) -> None:
    store = await opened(Quota(waiting=1, jobs_a_day=1, kept_bytes=10))
    for owner in ("ada", "token:ada", "", "ben"):
        await added(store, owner, kept_bytes=10)
        with pytest.raises(QuotaExceeded):
            await added(store, owner)


async def test_only_jobs_that_are_not_over_wait(opened: Opened) -> None:
    store = await opened(Quota(waiting=2))
    first, _ = await begun(store), await added(store)
    with pytest.raises(QuotaExceeded, match="You have 2 jobs waiting, which is the most"):
        await added(store)
    assert (await store.add(new_job(), keep_s=HOUR, error=ERROR))[0].state == "failed"
    await store.succeed(first, result_of(first), {})
    await added(store)
    with pytest.raises(QuotaExceeded):
        await added(store)


async def test_deleting_a_job_does_not_give_its_day_back(opened: Opened) -> None:
    store = await opened(Quota(jobs_a_day=3))
    for _ in range(2):
        await store.delete((await added(store)).id, "ada")
    batch, submitted = batch_of(1)
    await store.add_batch(batch, "ada", keep_s=HOUR, submitted=submitted)
    await store.delete_batch(batch, "ada")
    with pytest.raises(QuotaExceeded, match=r"You have sent 3 jobs in the last 24 hours, which is the most. They fit"):
        await added(store)


async def test_a_day_ends(opened: Opened) -> None:
    store = await opened(Quota(jobs_a_day=1))
    await added(store)
    with pytest.raises(QuotaExceeded) as caught:
        await added(store)
    assert caught.value.retry_after is not None
    assert 23 * HOUR - 60 < caught.value.retry_after <= 24 * HOUR
    await _shift(store, 23)
    with pytest.raises(QuotaExceeded):
        await added(store)
    await _shift(store, 1)
    await added(store)


async def _shift(store: JobStore, hours: int) -> None:
    """Let the counts be older by this much."""
    async with store._engine.begin() as connection:
        await connection.execute(text("UPDATE submissions SET hour = hour - :hours"), {"hours": hours})


async def test_old_counts_are_forgotten(opened: Opened) -> None:
    store = await opened(Quota(jobs_a_day=5))
    await added(store)
    for hours, left in ((23, 1), (1, 1), (3, 0)):
        await _shift(store, hours)
        await store.expire(10)
        async with store._engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM submissions"))).scalar_one() == left


async def test_a_result_counts_until_the_job_is_deleted(opened: Opened) -> None:
    store = await opened(Quota(kept_bytes=1000))
    job = await begun(store, kept_bytes=100)
    done = await store.succeed(job, replace(result_of(job), kept_bytes=850), {})
    assert done.kept_bytes == 950
    assert (await store.succeed(job, replace(result_of(job), kept_bytes=850), {})).kept_bytes == 950  # the same again
    with pytest.raises(QuotaExceeded):
        await added(store, kept_bytes=51)
    await added(store, kept_bytes=50)
    await store.delete(job.id, "ada")
    await added(store, kept_bytes=950)
    assert (await store.usage("ada")).kept_bytes == 1000


async def test_a_repeated_request_is_not_counted(opened: Opened) -> None:
    store = await opened(Quota(waiting=1, jobs_a_day=1, kept_bytes=10))
    job, is_new = await store.add(new_job(idempotency_key="a", asked_hash="1", kept_bytes=10), keep_s=HOUR)
    assert is_new
    for _ in range(3):
        again = await store.add(new_job(idempotency_key="a", asked_hash="1", kept_bytes=10), keep_s=HOUR)
        assert again == (job, False)
    with pytest.raises(IdempotencyMismatch):
        await store.add(new_job(idempotency_key="a", asked_hash="2"), keep_s=HOUR)
    with pytest.raises(QuotaExceeded):
        await store.add(new_job(idempotency_key="b", asked_hash="1"), keep_s=HOUR)
    assert sum((await store.usage("ada")).hours.values()) == 1


async def test_repeated_requests_at_once_are_one(opened: Opened) -> None:
    stores = [await opened(Quota(waiting=1, jobs_a_day=1)) for _ in range(2)]
    adds = [stores[number % 2].add(new_job(idempotency_key="a", asked_hash="1"), keep_s=HOUR) for number in range(10)]
    found = await asyncio.gather(*adds)
    assert len({job.id for job, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1


async def test_a_transaction_that_is_repeated_counts_once(opened: Opened) -> None:
    """As where the answer to a commit was lost."""
    store = await opened(Quota(jobs_a_day=5))
    job = new_job()
    batch, submitted = batch_of(3)
    for _ in range(2):
        assert (await store.add(job, keep_s=HOUR))[1]
        assert (await store.add_batch(batch, "ada", keep_s=HOUR, submitted=submitted)).counts == {"queued": 3}
    assert sum((await store.usage("ada")).hours.values()) == 4


async def test_broken_files_of_a_batch_do_not_wait(opened: Opened) -> None:
    store = await opened(Quota(waiting=1))
    batch = uuid7()
    submitted: list[Submitted] = [(new_job(batch=batch), None), (new_job(batch=batch), ERROR)]
    made = await store.add_batch(batch, "ada", keep_s=HOUR, submitted=submitted)
    assert made.counts == {"queued": 1, "failed": 1}


async def test_without_quotas_nothing_is_counted(store: JobStore) -> None:
    await added(store, kept_bytes=10)
    async with store._engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM submissions"))).scalar_one() == 0
    assert await store.claim(LEASE, max_attempts=ATTEMPTS) is not None
