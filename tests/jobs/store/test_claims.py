"""Claims: each job to one worker, by leases that end, a bounded number of times."""

from __future__ import annotations

import asyncio
import time

import pytest
import stamina
from uuid_utils.compat import uuid7

from jobs.job import Job
from jobs.store.store import JobStore, open_store
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job

pytestmark = pytest.mark.anyio


async def claim(store: JobStore, **options: object) -> Job | None:
    return await store.claim(LEASE, max_attempts=ATTEMPTS, **options)  # type: ignore[arg-type]


async def test_nothing_to_do(store: JobStore) -> None:
    assert await claim(store) is None
    assert await claim(store, job_id=uuid7()) is None


async def test_the_oldest_queued_job_is_begun(store: JobStore) -> None:
    jobs = [await added(store) for _ in range(3)]
    claimed = [await claim(store) for _ in range(4)]
    assert [job and job.id for job in claimed] == [*(job.id for job in jobs), None]
    first = claimed[0]
    assert first is not None
    assert (first.state, first.attempt, first.stage, first.fraction) == ("running", 1, None, 0.0)
    assert first.started_at is not None
    assert first.lease_until == pytest.approx(first.started_at + LEASE, abs=0.01)
    assert await store.get(first.id, "ada") == first


async def test_owners_take_turns(store: JobStore) -> None:
    many = [await added(store, "ada") for _ in range(4)]
    assert (await claim(store)) is not None
    late = [await added(store, owner) for owner in ("eve", "bob", "eve")]
    assert [await store.position(job) for job in (*many[1:], *late)] == [0, 3, 5, 1, 2, 4]
    claimed = [await claim(store) for _ in range(6)]
    assert [job and job.id for job in claimed] == [
        job.id for job in (many[1], late[0], late[1], many[2], late[2], many[3])
    ]


async def test_an_owner_whose_jobs_are_over_has_no_disadvantage(store: JobStore) -> None:
    for _ in range(5):
        await added(store, "ada")
        await claim(store)
    second, first = [await added(store, "eve") for _ in range(2)], await added(store, "ada")
    claimed = [await claim(store) for _ in range(3)]
    assert [job and job.id for job in claimed] == [second[0].id, first.id, second[1].id]


async def test_a_job_that_was_given_back_has_its_old_turn(store: JobStore) -> None:
    jobs = [await added(store, owner) for owner in ("ada", "ada", "eve")]
    first = await claim(store)
    assert first is not None
    await store.release(first)
    claimed = [await claim(store) for _ in range(3)]
    assert [job and job.id for job in claimed] == [jobs[0].id, jobs[2].id, jobs[1].id]


async def test_a_worker_takes_the_kinds_that_it_can_do(store: JobStore) -> None:
    faces = await added(store)
    larger = await added(store, kind="upscale")
    lapsed = await begun(store, lease_s=0)
    assert await claim(store, kinds=()) is None
    claimed = [await claim(store, kinds=("upscale",)) for _ in range(2)]
    assert [job and job.id for job in claimed] == [larger.id, None]
    claimed = [await claim(store, kinds=("enhance", "upscale")) for _ in range(3)]
    assert [job and job.id for job in claimed] == [lapsed.id, faces.id, None]


async def test_a_named_job_is_begun_out_of_turn_and_once(store: JobStore) -> None:
    _, second = await added(store), await added(store)
    job = await claim(store, job_id=second.id)
    assert job is not None
    assert job.id == second.id
    assert await claim(store, job_id=second.id) is None


async def test_many_claimers_get_all_jobs_and_none_twice(database: str) -> None:
    stores = [await open_store(database) for _ in range(2)]
    wanted = {(await added(stores[0])).id for _ in range(60)}

    async def work(store: JobStore) -> list[Job]:
        claimed = []
        while (job := await claim(store)) is not None:
            claimed.append(job)
        return claimed

    with stamina.set_testing(True, attempts=1):  # who waits for another one's turn needs no second try
        shares = await asyncio.gather(*(work(stores[number % 2]) for number in range(20)))
    claimed = [job for share in shares for job in share]
    assert len(claimed) == 60
    assert {job.id for job in claimed} == wanted
    assert {job.attempt for job in claimed} == {1}
    for store in stores:
        await store.close()


async def test_many_claimers_of_one_job_whose_lease_has_ended(database: str) -> None:
    stores = [await open_store(database) for _ in range(2)]
    job = await begun(stores[0], lease_s=0)
    claimed = await asyncio.gather(*(claim(stores[number % 2]) for number in range(20)))
    assert [(other.id, other.attempt) for other in claimed if other is not None] == [(job.id, 2)]
    for store in stores:
        await store.close()


@pytest.mark.parametrize("by_id", [False, True])
async def test_a_job_whose_lease_has_ended_is_begun_anew(store: JobStore, by_id: bool) -> None:
    first = await begun(store, lease_s=0)
    await added(store)
    second = await claim(store, job_id=first.id if by_id else None)
    assert second is not None
    assert (second.id, second.attempt, second.state) == (first.id, 2, "running")
    assert await claim(store, job_id=first.id) is None


async def test_a_lease_that_goes_on_is_respected(store: JobStore) -> None:
    job = await begun(store, lease_s=0.05)
    await store.beat(job, HOUR, stage=None, fraction=0)
    await asyncio.sleep(0.06)
    assert await claim(store) is None


async def test_a_beat_after_the_lease_keeps_a_job_that_nobody_else_has_begun(store: JobStore) -> None:
    job = await begun(store, lease_s=0)
    await store.beat(job, LEASE, stage="restore", fraction=0.5)
    assert await claim(store) is None


async def test_a_job_that_loses_every_worker_fails(store: JobStore) -> None:
    job = await added(store)
    for attempt in range(1, ATTEMPTS + 1):
        claimed = await store.claim(0, max_attempts=ATTEMPTS)
        assert claimed is not None
        assert claimed.attempt == attempt
        await store.beat(claimed, 0, stage="restore", fraction=0.5)
    assert await store.claim(0, max_attempts=ATTEMPTS) is None
    failed = await store.get(job.id, "ada")
    assert (failed.state, failed.attempt) == ("failed", ATTEMPTS)
    assert failed.finished_at is not None
    assert failed.error is not None
    assert (failed.error.code, failed.error.stage) == ("attempts_exhausted", "restore")
    assert failed.error.message == "The job was begun 3 times, and its worker stopped each time before it was done."


async def test_none_of_many_jobs_that_lost_every_worker_is_begun_again(store: JobStore) -> None:
    jobs = [await begun(store) for _ in range(25)]  # more than one claim ends
    for job in jobs:
        await store.beat(job, 0, stage=None, fraction=0)
    assert [await store.claim(LEASE, max_attempts=1) for _ in range(2)] == [None, None]
    assert (await store.counts())["failed"] == 25


async def test_a_job_that_loses_its_worker_after_it_was_cancelled_is_cancelled(store: JobStore) -> None:
    job = await begun(store, lease_s=0)
    await store.cancel(job.id, "ada")
    assert await claim(store) is None
    assert (await store.get(job.id, "ada")).state == "cancelled"


async def test_released_attempts_do_not_count_but_have_numbers_of_their_own(store: JobStore) -> None:
    job = await added(store)
    for attempt in range(1, 6):
        claimed = await store.claim(0, max_attempts=1)
        assert claimed is not None
        assert (claimed.id, claimed.attempt, claimed.releases) == (job.id, attempt, attempt - 1)
        await store.release(claimed)
    assert (await store.claim(0, max_attempts=1)) is not None
    assert (await store.claim(0, max_attempts=1)) is None
    error = (await store.get(job.id, "ada")).error
    assert error is not None
    assert error.message.startswith("The job was begun once, ")


async def test_a_wrong_clock_of_the_process_changes_nothing(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    true = time.time
    running = await begun(store)
    for hours in (-5, 5, 24 * 365):
        monkeypatch.setattr(time, "time", lambda hours=hours: true() + hours * HOUR)
        monkeypatch.setattr(time, "time_ns", lambda hours=hours: int((true() + hours * HOUR) * 1e9))
        assert await claim(store) is None
        assert await store.expire(10) == []
        await store.beat(running, LEASE, stage=None, fraction=0.5)
        job = await added(store)
        assert abs(job.created_at - true()) < 60
        await store.cancel(job.id, "ada")


async def test_jobs_are_begun_in_order_of_submission_by_the_databases_clock(store: JobStore) -> None:
    early_id, late_id = uuid7(), uuid7()  # ids come from the clocks of processes, of which one may be wrong
    first = (await store.add(new_job(id=late_id), keep_s=HOUR))[0]
    await asyncio.sleep(0.005)
    second = (await store.add(new_job(id=early_id), keep_s=HOUR))[0]
    assert [await store.position(first), await store.position(second)] == [0, 1]
    claimed = await claim(store)
    assert claimed is not None
    assert claimed.id == late_id
