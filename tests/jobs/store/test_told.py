"""What the table tells its observer: each begin, each end once, each lost worker, each call without an answer."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from jobs.errors import StoreUnavailable
from jobs.job import Job, JobError
from jobs.observer import Observer, Place
from jobs.store.connection import engine_for
from jobs.store.store import JobStore
from jobs.store.tables import WAITS
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of
from tests.load.balancer import free_port

pytestmark = pytest.mark.anyio

FAULT = JobError("It is no photo.", "decode", "broken_image")


class Noting(Observer):
    def __init__(self) -> None:
        self.begins: list[tuple[Job, int]] = []
        self.ends: list[tuple[Job, str]] = []
        self.losses: list[Job] = []
        self.away: list[Place] = []

    def began(self, job: Job) -> None:
        self.begins.append((job, job.attempt))

    def ended(self, job: Job) -> None:
        self.ends.append((job, job.state))

    def lease_lost(self, job: Job) -> None:
        self.losses.append(job)

    def unavailable(self, place: Place) -> None:
        self.away.append(place)

    @property
    def states(self) -> list[str]:
        return [state for _, state in self.ends]


@pytest.fixture
def noting(store: JobStore) -> Noting:
    noted = Noting()
    store.observer = noted
    return noted


async def test_each_way_to_an_end_is_told_once(store: JobStore, noting: Noting) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    await store.succeed(job, result_of(job), {})  # as after an answer that was lost: it is told, as its caller is
    await store.fail(await begun(store), FAULT)
    await store.end_cancelled(await begun(store))
    await store.add(new_job(), keep_s=HOUR, error=FAULT)
    assert noting.states == ["succeeded", "succeeded", "failed", "cancelled", "failed"]
    assert [attempt for _, attempt in noting.begins] == [1, 1, 1]


async def test_a_job_that_goes_back_has_not_ended(store: JobStore, noting: Noting) -> None:
    job = await begun(store)
    await store.release(job)
    assert noting.ends == []
    await store.cancel(job.id, "ada")
    assert noting.states == ["cancelled"]


async def test_a_cancelled_job_is_told_when_it_is_over_and_only_then(store: JobStore, noting: Noting) -> None:
    job = await begun(store)
    await store.cancel(job.id, "ada")
    assert noting.ends == []  # its worker is asked to stop
    await store.release(job)
    await store.cancel(job.id, "ada")
    assert noting.states == ["cancelled"]


async def test_the_jobs_of_a_cancelled_batch_are_told(store: JobStore, noting: Noting) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR)
    jobs = [await added(store, batch=batch.id) for _ in range(3)]
    assert await store.claim(LEASE, job_id=jobs[0].id, max_attempts=ATTEMPTS) is not None
    assert (await store.cancel_batch(batch.id, "ada")).counts == {"running": 1, "cancelled": 2}
    await store.cancel_batch(batch.id, "ada")
    assert {job.id for job, _ in noting.ends} == {job.id for job in jobs[1:]}
    assert noting.states == ["cancelled", "cancelled"]


async def test_a_lost_worker_is_told_by_who_takes_its_job(store: JobStore, noting: Noting) -> None:
    job = await begun(store, lease_s=0.0)
    again = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert again is not None
    assert (again.id, again.attempt) == (job.id, 2)
    assert [lost.id for lost in noting.losses] == [job.id]


async def test_an_attempt_that_waits_for_memory_has_lost_no_worker(store: JobStore, noting: Noting) -> None:
    job = await begun(store)
    await store.beat(job, 0.0, stage=WAITS, fraction=0.0)
    assert await store.claim(LEASE, max_attempts=ATTEMPTS) is not None
    assert noting.losses == []


async def test_a_job_that_has_lost_its_last_worker_has_ended(store: JobStore, noting: Noting) -> None:
    job = await begun(store, lease_s=0.0)
    assert await store.claim(LEASE, max_attempts=1) is None
    assert [lost.id for lost in noting.losses] == [job.id]
    ((ended, state),) = noting.ends
    assert (ended.error and ended.error.code, state) == ("attempts_exhausted", "failed")


async def test_a_database_without_an_answer_is_told() -> None:
    noted = Noting()
    store = JobStore(engine_for(f"postgresql://127.0.0.1:{free_port()}/jobs"), noted)
    with pytest.raises(StoreUnavailable):
        await store.counts()
    assert noted.away == ["database"]
    await store.close()


async def test_the_oldest_queued_job_of_each_kind(store: JobStore) -> None:
    assert await store.waiting_s() == {}
    await begun(store)
    assert await store.waiting_s() == {}
    await added(store, kind="upscale")
    waits = await store.waiting_s()
    assert list(waits) == ["upscale"]
    assert 0 <= waits["upscale"] < 5
