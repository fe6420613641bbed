"""Submitting, finding, cancelling and deleting single jobs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import fields, replace

import pytest
from uuid_utils.compat import uuid7

from jobs.errors import IdempotencyMismatch, LeaseLost, UnknownJob
from jobs.job import Job, JobError, NewJob
from jobs.store.store import JobStore
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio


async def test_added_job_is_queued_with_all_that_was_given(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "ada", keep_s=HOUR)
    given = new_job(
        kind="upscale",
        reference_key="jobs/x/reference",
        batch=batch.id,
        idempotency_key="k",
        asked_hash="h",
        file_name="Ω é.heic",
    )
    before = time.time()
    job, is_new = await store.add(given, keep_s=HOUR)
    assert is_new
    assert job == await store.get(given.id, "ada")
    assert {field.name: getattr(job, field.name) for field in fields(NewJob)} == {
        field.name: getattr(given, field.name) for field in fields(NewJob)
    }
    assert (job.state, job.attempt, job.releases, job.is_cancelling, job.fraction) == ("queued", 0, 0, False, 0.0)
    assert (job.started_at, job.finished_at, job.lease_until, job.result, job.error) == (None, None, None, None, None)
    assert before - 1 < job.created_at < time.time() + 1
    assert job.expires_at == pytest.approx(job.created_at + HOUR, abs=0.01)
    assert job.keys == [given.input_key, "jobs/x/reference"]


@pytest.mark.parametrize("name", ["a\0b.jpg", "half \ud800 pair.jpg", "", "x" * 5000, "'; DROP TABLE jobs; --"])
async def test_any_file_name_can_be_kept(store: JobStore, name: str) -> None:
    job = await added(store, file_name=name, asked={"prompt": "\0 Ω", "nested": [1, {"a": None}]})
    found = await store.get(job.id, "ada")
    assert found.file_name == name.replace("\0", "\ufffd").replace("\ud800", "?")
    assert found.asked == {"prompt": "\0 Ω", "nested": [1, {"a": None}]}


async def test_an_error_with_any_text_can_be_kept(store: JobStore) -> None:
    job = await begun(store)
    failed = await store.fail(job, JobError("bytes \0 \ud800 in it", "decode", "broken_image"))
    assert failed.error == JobError("bytes \ufffd ? in it", "decode", "broken_image")


async def test_others_jobs_are_unknown(store: JobStore) -> None:
    job = await added(store, "ada")
    for call in (store.get, store.cancel, store.delete):
        with pytest.raises(UnknownJob, match=str(job.id)):
            await call(job.id, "eve")
    assert await store.page("eve", limit=10) == []
    assert (await store.get(job.id, "ada")).state == "queued"


async def test_a_job_may_be_added_as_failed_which_nobody_begins(store: JobStore) -> None:
    error = JobError("The file is empty.", "upload", "bad_parameter")
    given = new_job()
    job, is_new = await store.add(given, keep_s=HOUR, error=error)
    assert is_new
    assert (job.state, job.error, job.attempt, job.finished_at) == ("failed", error, 0, job.created_at)
    assert await store.add(given, keep_s=HOUR, error=error) == (job, True)
    assert await store.claim(LEASE, max_attempts=ATTEMPTS) is None
    assert await store.page("ada", state="failed", limit=9) == [job]


async def test_page_has_the_newest_first_and_goes_on_where_it_ended(store: JobStore) -> None:
    jobs = [await added(store) for _ in range(5)]
    await added(store, "eve")
    first = await store.page("ada", limit=2)
    second = await store.page("ada", limit=2, before=first[-1].id)
    last = await store.page("ada", limit=2, before=second[-1].id)
    assert [job.id for job in first + second + last] == [job.id for job in reversed(jobs)]
    assert await store.page("ada", limit=2, before=last[-1].id) == []


async def test_page_of_one_state(store: JobStore) -> None:
    running, queued = await begun(store), await added(store)
    assert [job.id for job in await store.page("ada", state="running", limit=9)] == [running.id]
    assert [job.id for job in await store.page("ada", state="queued", limit=9)] == [queued.id]
    assert await store.page("ada", state="queued", before=queued.id, limit=9) == []


async def test_position_counts_the_queued_jobs_of_all_owners_before_it(store: JobStore) -> None:
    jobs = [await added(store, owner) for owner in ("ada", "eve", "ada", "bob")]
    assert [await store.position(job) for job in jobs] == [0, 1, 3, 2]  # the owners take turns
    await store.claim(LEASE, max_attempts=ATTEMPTS)
    await store.cancel(jobs[1].id, "eve")
    assert [await store.position(job) for job in jobs[2:]] == [1, 0]


async def test_the_same_request_again_is_the_same_job(store: JobStore) -> None:
    first = await added(store, idempotency_key="k", asked_hash="h")
    again, is_new = await store.add(new_job(idempotency_key="k", asked_hash="h"), keep_s=HOUR)
    assert (again, is_new) == (first, False)
    assert len(await store.page("ada", limit=9)) == 1


async def test_the_same_request_twice_at_once_is_one_job(store: JobStore) -> None:
    requests = [new_job(idempotency_key="k", asked_hash="h") for _ in range(10)]
    answers = await asyncio.gather(*(store.add(request, keep_s=HOUR) for request in requests))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert len(await store.page("ada", limit=20)) == 1


async def test_a_used_key_with_another_request_is_an_error(store: JobStore) -> None:
    first = await added(store, idempotency_key="k", asked_hash="h")
    with pytest.raises(IdempotencyMismatch):
        await store.add(new_job(idempotency_key="k", asked_hash="other"), keep_s=HOUR)
    assert await store.page("ada", limit=9) == [first]


async def test_keys_are_each_owners_own_and_none_is_none(store: JobStore) -> None:
    await added(store, "ada", idempotency_key="k", asked_hash="h")
    _, is_new = await store.add(new_job("eve", idempotency_key="k", asked_hash="h"), keep_s=HOUR)
    assert is_new
    assert (await added(store, "ada")).id != (await added(store, "ada")).id


async def test_an_add_whose_answer_was_lost_can_be_repeated(store: JobStore) -> None:
    request = new_job(idempotency_key="k", asked_hash="h")
    first = await store.add(request, keep_s=HOUR)
    assert await store.add(request, keep_s=HOUR) == first
    assert first[1]


async def test_cancel_of_a_queued_job_is_at_once(store: JobStore) -> None:
    job = await added(store)
    cancelled = await store.cancel(job.id, "ada")
    assert (cancelled.state, cancelled.is_cancelling) == ("cancelled", False)
    assert cancelled.finished_at is not None
    assert await store.claim(LEASE, max_attempts=ATTEMPTS) is None
    assert await store.claim(LEASE, job_id=job.id, max_attempts=ATTEMPTS) is None


async def test_cancel_of_a_running_job_is_told_to_its_worker(store: JobStore) -> None:
    job = await begun(store)
    assert not await store.beat(job, LEASE, stage="restore", fraction=0.25)
    asked = await store.cancel(job.id, "ada")
    assert (asked.state, asked.is_cancelling, asked.finished_at) == ("running", True, None)
    assert await store.beat(job, LEASE, stage="restore", fraction=0.5)
    ended = await store.end_cancelled(job)
    assert (ended.state, ended.is_cancelling, ended.stage, ended.fraction) == ("cancelled", False, "restore", 0.5)


async def test_a_job_that_is_done_before_it_sees_the_cancellation_has_succeeded(store: JobStore) -> None:
    job = await begun(store)
    await store.cancel(job.id, "ada")
    done = await store.succeed(job, result_of(job), {})
    assert (done.state, done.is_cancelling, done.result) == ("succeeded", False, result_of(job))


async def test_cancel_leaves_what_is_final(store: JobStore) -> None:
    job = await begun(store)
    done = await store.succeed(job, result_of(job), {"restore": 12.5})
    assert await store.cancel(job.id, "ada") == done


async def test_delete_returns_the_job_with_its_keys(store: JobStore) -> None:
    job = await begun(store)
    await store.succeed(job, result_of(job), {})
    removed = await store.delete(job.id, "ada")
    made = result_of(job)
    assert removed.keys == [job.input_key, made.picture_key, made.preview_key, made.report_key]
    with pytest.raises(UnknownJob):
        await store.get(job.id, "ada")
    with pytest.raises(UnknownJob):
        await store.delete(job.id, "ada")


async def test_the_worker_of_a_deleted_job_learns_it(store: JobStore) -> None:
    job = await begun(store)
    await store.delete(job.id, "ada")
    with pytest.raises(LeaseLost):
        await store.beat(job, LEASE, stage=None, fraction=0)
    with pytest.raises(LeaseLost):
        await store.succeed(job, result_of(job), {})
    assert await store.page("ada", limit=9) == []


async def test_a_job_in_a_batch_that_does_not_exist_or_is_anothers(store: JobStore) -> None:
    batch = await store.add_batch(uuid7(), "eve", keep_s=HOUR)
    for batch_id in (uuid7(), batch.id):
        with pytest.raises(UnknownJob, match="batch"):
            await store.add(new_job("ada", batch=batch_id), keep_s=HOUR)


def test_job_knows_what_is_final() -> None:
    job = Job(**{field.name: getattr(new_job(), field.name) for field in fields(NewJob)})
    assert not job.is_final
    assert replace(job, state="expired").is_final
