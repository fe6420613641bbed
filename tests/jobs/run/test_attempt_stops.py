"""Attempts at jobs that are stopped, or whose database or object store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from jobs.errors import LeaseLost, StoreUnavailable
from jobs.job import Job, Result
from jobs.objects import ObjectStore
from jobs.run import attempt, heartbeat
from jobs.store.store import JobStore
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order, until
from tests.jobs.workplace import Workplace


def test_a_stop_puts_the_job_back(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.05
        await place.submit(order(samples.no_face()))
        running = asyncio.ensure_future(place.run(await place.claim()))
        await until(lambda: fakes.upscaler.tiles >= 2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        (now,) = await place.store.page("somebody", limit=2)
        assert (now.state, now.attempt, now.releases) == ("queued", 1, 1)
        assert fakes.upscaler.tiles < 40
        fakes.upscaler.seconds = 0.0
        assert (await place.run(await place.claim())).state == "succeeded"

    play(scene)


class _Slow(JobStore):
    """Takes a while for the last call of a job."""

    at_work = False

    async def succeed(self, job: Job, result: Result, timings_ms: Any) -> Job:
        self.at_work = True
        await asyncio.sleep(0.3)
        return await super().succeed(job, result, timings_ms)


def test_a_stop_waits_until_a_result_is_written_down(
    play: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        store = _Slow(place.store._engine)
        running = asyncio.ensure_future(place.run(await place.claim(), store=store))
        await until(lambda: store.at_work)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        (now,) = await place.store.page("somebody", limit=2)
        assert now.state == "succeeded"
        assert await place.keys() == set(now.keys)
        assert caplog.records == []

    play(scene)


def test_a_final_job_is_not_done_again(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        job = await place.done(order(samples.no_face()))
        tiles = fakes.upscaler.tiles
        assert await place.run(job) == job
        assert fakes.upscaler.tiles == tiles

    play(scene)


class _Away(ObjectStore):
    """Does not answer the first times."""

    def __init__(self, place: Workplace, times: int) -> None:
        super().__init__(place.objects._store)
        self.left = times

    def _fail(self) -> None:
        if self.left:
            self.left -= 1
            raise StoreUnavailable("The object store does not answer.")

    async def read(self, key: str, *, max_bytes: int) -> bytes:
        self._fail()
        return await super().read(key, max_bytes=max_bytes)

    async def delete(self, keys: Iterable[str]) -> None:
        self._fail()
        await super().delete(keys)


def test_a_store_that_is_away_is_asked_again(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        assert (await place.run(await place.claim(), objects=_Away(place, 3))).state == "succeeded"
        await place.submit(order(samples.no_face()))
        done = await place.run(await place.claim(), objects=_Away(place, 10**9))
        assert done.error is not None
        assert done.error.code == "deadline_exceeded"

    play(scene, job_timeout_s=1)


class _Broken(JobStore):
    """The database is away, from `after` beats on, for `times` calls; each call fails at once."""

    def __init__(self, place: Workplace, times: int) -> None:
        super().__init__(place.store._engine)
        self.left = times

    async def succeed(self, job: Job, result: Result, timings_ms: Any) -> Job:
        if self.left:
            self.left -= 1
            raise StoreUnavailable("The database of jobs does not answer.")
        return await super().succeed(job, result, timings_ms)

    async def beat(self, job: Job, lease_s: float, *, stage: str | None, fraction: float) -> bool:
        if self.left > 1000:
            raise StoreUnavailable("The database of jobs does not answer.")
        return await super().beat(job, lease_s, stage=stage, fraction=fraction)


def test_a_result_is_written_once_the_database_is_back(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        assert (await place.run(await place.claim(), store=_Broken(place, 3))).state == "succeeded"
        monkeypatch.setattr(attempt, "LEASE_S", 0.1)
        monkeypatch.setattr(heartbeat, "LEASE_S", 0.1)
        await place.submit(order(samples.no_face()))
        now = await place.run(await place.claim(), store=_Broken(place, 10**9))
        assert (now.state, now.attempt) == ("running", 1)  # until its lease ends

    play(scene)


class _Unheard(JobStore):
    """Writes the end of a job down, and then never answers again."""

    async def succeed(self, job: Job, result: Result, timings_ms: Any) -> Job:
        await super().succeed(job, result, timings_ms)
        raise StoreUnavailable("The database of jobs does not answer.")

    async def beat(self, job: Job, lease_s: float, *, stage: str | None, fraction: float) -> bool:
        raise StoreUnavailable("The database of jobs does not answer.")


def test_a_result_stays_where_nobody_knows_whether_it_was_written_down(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "LEASE_S", 0.1)

    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        now = await place.run(await place.claim(), store=_Unheard(place.store._engine))
        assert now.state == "succeeded"
        assert set(now.keys) == await place.keys()

    play(scene)


def test_the_lease_is_lost_where_signs_of_life_fail(play: Callable[..., None]) -> None:
    """Whatever the error is: an attempt that cannot say that it lives must stop."""

    class Failing(JobStore):
        async def beat(self, *_: Any, **__: Any) -> bool:
            raise ZeroDivisionError

    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        heart = heartbeat.Heartbeat(await place.claim(), Failing(place.store._engine), lambda: None)
        await heart.go_on()
        assert heart.lost
        assert heart.cancelled.is_set()

    play(scene)


def test_an_overtaken_sign_of_life_is_no_error_of_the_job() -> None:
    assert not issubclass(LeaseLost, StoreUnavailable)
