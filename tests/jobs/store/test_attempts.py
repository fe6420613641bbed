"""An attempt ends once, and one that was overtaken changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from jobs.errors import LeaseLost
from jobs.job import Job, JobError
from jobs.store.store import JobStore
from tests.jobs.store.samples import ATTEMPTS, LEASE, added, begun, result_of

pytestmark = pytest.mark.anyio

ERROR = JobError("The photo is damaged.", "decode", "broken_image")

Ending = Callable[[JobStore, Job], Awaitable[object]]
ENDINGS: dict[str, Ending] = {
    "beat": lambda store, job: store.beat(job, LEASE, stage="old", fraction=0.9),
    "succeed": lambda store, job: store.succeed(job, result_of(job), {}),
    "fail": lambda store, job: store.fail(job, ERROR),
    "end_cancelled": lambda store, job: store.end_cancelled(job),
    "release": lambda store, job: store.release(job),
}
FINAL = {name: ending for name, ending in ENDINGS.items() if name not in ("beat", "release")}
each_call = pytest.mark.parametrize("call", ENDINGS.values(), ids=ENDINGS.keys())


@each_call
async def test_an_overtaken_attempt_counts_no_more(store: JobStore, call: Ending) -> None:
    first = await begun(store, lease_s=0)
    second = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert second is not None
    with pytest.raises(LeaseLost, match="Attempt 1"):
        await call(store, first)
    assert await store.get(first.id, "ada") == second
    assert (await store.succeed(second, result_of(second, 2), {})).state == "succeeded"


@each_call
async def test_an_attempt_that_was_released_and_begun_by_another_counts_no_more(store: JobStore, call: Ending) -> None:
    first = await begun(store)
    await store.release(first)
    second = await store.claim(LEASE, max_attempts=ATTEMPTS)
    with pytest.raises(LeaseLost):
        await call(store, first)
    assert await store.get(first.id, "ada") == second


@pytest.mark.parametrize("ending", FINAL.values(), ids=FINAL.keys())
@each_call
async def test_what_has_ended_is_not_ended_otherwise(store: JobStore, ending: Ending, call: Ending) -> None:
    job = await begun(store)
    ended = await ending(store, job)
    # The answer may have been lost: the same call again is answered the same. A release may end in a cancellation.
    if ending is call or (ending, call) == (ENDINGS["end_cancelled"], ENDINGS["release"]):
        assert await call(store, job) == ended
    else:
        with pytest.raises(LeaseLost):
            await call(store, job)
    assert await store.get(job.id, "ada") == ended


async def test_other_results_and_errors_are_not_the_same_call(store: JobStore) -> None:
    done, failed = await begun(store), await begun(store)
    await store.succeed(done, result_of(done), {})
    await store.fail(failed, ERROR)
    with pytest.raises(LeaseLost):
        await store.succeed(done, result_of(done, 7), {})
    with pytest.raises(LeaseLost):
        await store.fail(failed, JobError("Another.", "decode", "broken_image"))


@each_call
async def test_a_job_that_was_not_begun_has_no_attempt(store: JobStore, call: Ending) -> None:
    job = await added(store)
    if call is ENDINGS["release"]:
        assert await call(store, job) == job  # it is queued, as asked
    else:
        with pytest.raises(LeaseLost):
            await call(store, job)
    assert await store.get(job.id, "ada") == job


async def test_a_beat_tells_stage_and_fraction_and_renews_the_lease(store: JobStore) -> None:
    job = await begun(store, lease_s=1)
    await store.beat(job, 100, stage="restore", fraction=0.25)
    now_is = await store.get(job.id, "ada")
    assert (now_is.stage, now_is.fraction, now_is.attempt) == ("restore", 0.25, 1)
    assert now_is.lease_until is not None
    assert job.lease_until is not None
    assert now_is.lease_until > job.lease_until + 98


async def test_success_has_result_times_and_no_lease(store: JobStore) -> None:
    job = await begun(store)
    done = await store.succeed(job, result_of(job), {"decode": 1.5, "restore": 200.0})
    assert done == await store.get(job.id, "ada")
    assert (done.result, done.timings_ms) == (result_of(job), {"decode": 1.5, "restore": 200.0})
    assert (done.stage, done.fraction, done.lease_until, done.error) == (None, 1.0, None, None)
    assert done.started_at is not None
    assert done.finished_at is not None
    assert job.created_at <= done.started_at <= done.finished_at


async def test_failure_has_the_error(store: JobStore) -> None:
    job = await begun(store)
    failed = await store.fail(job, ERROR)
    assert failed == await store.get(job.id, "ada")
    assert (failed.state, failed.error, failed.result) == ("failed", ERROR, None)


async def test_a_released_job_is_begun_again_in_its_old_place(store: JobStore) -> None:
    first, second = await added(store), await added(store)
    claimed = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert claimed is not None
    await store.beat(claimed, LEASE, stage="restore", fraction=0.5)
    released = await store.release(claimed)
    assert (released.id, released.state, released.attempt, released.releases) == (first.id, "queued", 1, 1)
    assert (released.stage, released.fraction, released.started_at, released.lease_until) == (None, 0.0, None, None)
    assert await store.release(claimed) == released
    assert [await store.position(job) for job in (first, second)] == [0, 1]


async def test_a_release_that_counts(store: JobStore) -> None:
    job = await begun(store)
    assert (await store.release(job, counts=True)).releases == 0


async def test_a_released_job_that_was_to_be_cancelled_is_cancelled(store: JobStore) -> None:
    job = await begun(store)
    await store.cancel(job.id, "ada")
    released = await store.release(job)
    assert (released.state, released.is_cancelling) == ("cancelled", False)
    assert released.finished_at is not None
    assert await store.release(job) == released
