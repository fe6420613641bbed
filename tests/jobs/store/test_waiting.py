"""Which jobs wait for a worker, by kind: the queued ones, and those whose worker was lost."""

from __future__ import annotations

import asyncio

import pytest

from jobs.store.store import JobStore
from tests.jobs.store.samples import ATTEMPTS, LEASE, added, begun, result_of

pytestmark = pytest.mark.anyio


async def test_queued_and_lost_jobs_wait(store: JobStore) -> None:
    assert await store.waiting(10) == {"enhance": 0, "upscale": 0}
    lost = await begun(store, lease_s=0.01)
    done, _, given_back = await begun(store), await begun(store), await begun(store)
    await store.succeed(done, result_of(done), {})
    await store.release(given_back)
    other = await added(store, kind="upscale")
    late = await added(store, owner="grace")
    cancelled = await added(store)
    await store.cancel(cancelled.id, "ada")
    await asyncio.sleep(0.05)
    assert await store.waiting(10) == {"enhance": 3, "upscale": 1}
    assert await store.longest_waiting("enhance", 10) == [lost.id, given_back.id, late.id]
    assert await store.longest_waiting("upscale", 10) == [other.id]
    assert await store.claim(LEASE, job_id=lost.id, max_attempts=ATTEMPTS) is not None
    assert await store.longest_waiting("enhance", 1) == [given_back.id]


async def test_a_hopeless_job_waits_for_somebody_who_ends_it(store: JobStore) -> None:
    job = await begun(store, lease_s=0.01)
    await asyncio.sleep(0.05)
    assert (await store.waiting(10))["enhance"] == 1
    assert await store.claim(LEASE, job_id=job.id, max_attempts=1) is None
    assert (await store.waiting(10))["enhance"] == 0


async def test_kinds_of_a_newer_version_are_left_to_it(store: JobStore) -> None:
    await added(store, kind="video")
    assert await store.waiting(10) == {"enhance": 0, "upscale": 0}


async def test_no_more_are_counted_than_asked_for(store: JobStore) -> None:
    for _ in range(4):
        await added(store)
    assert (await store.waiting(3))["enhance"] == 3
    assert len(await store.longest_waiting("enhance", 2)) == 2
