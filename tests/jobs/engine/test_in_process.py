"""The serving process does its jobs: at once, each once, as many as there are slots, and goes on after a stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from jobs.engine import in_process
from jobs.errors import StoreUnavailable, UnknownJob
from jobs.job import Job
from jobs.run import heartbeat
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order, synchronous, until
from tests.jobs.workplace import OWNER, Workplace


async def final(place: Workplace, job: Job) -> Job:
    """The job once nothing will change any more."""
    end = time.monotonic() + 30
    while not (now := await place.get(job.id)).is_final:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    return now


def test_a_job_that_is_added_begins_at_once(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "POLL_S", 60.0)

    async def scene(place: Workplace) -> None:
        engine = place.engine()
        engine.start()
        await asyncio.sleep(0.3)  # it has found nothing and waits
        jobs = [await place.submit(order(samples.no_face())) for _ in range(3)]
        engine.added(jobs)
        assert [(await final(place, job)).state for job in jobs] == ["succeeded"] * 3
        await engine.stop()

    play(scene)


def test_jobs_of_a_process_that_died_are_found(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "POLL_S", 0.05)

    async def scene(place: Workplace) -> None:
        job = await place.submit(order(samples.no_face()))
        await place.claim(lease_s=0.3)
        engine = place.engine()
        engine.start()
        now = await final(place, job)
        assert (now.state, now.attempt) == ("succeeded", 2)
        await engine.stop()

    play(scene)


@pytest.mark.parametrize("slots", [1, 3])
def test_as_many_jobs_at_once_as_slots(play: Callable[..., None], fakes: FakeModels, slots: int) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.01
        jobs = [await place.submit(order(samples.no_face())) for _ in range(6)]
        engine, running = place.engine(), 0
        engine.start()
        while (counts := await place.store.counts())["succeeded"] < len(jobs):
            running = max(running, counts["running"])
            await asyncio.sleep(0.01)
        assert running == slots
        assert {(await place.get(job.id)).attempt for job in jobs} == {1}
        await engine.stop()

    play(scene, slots=slots)


def test_photos_go_before_jobs(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        small = order(samples.small_face(), background="resample")
        alone = await synchronous(place.service, small)
        fakes.upscaler.seconds = 0.05
        jobs = [await place.submit(order(samples.no_face())) for _ in range(3)]
        engine, waits = place.engine(), []
        engine.start()
        await until(lambda: fakes.upscaler.tiles)
        for _ in range(10):
            start = time.monotonic()
            assert await synchronous(place.service, small) == alone
            waits.append(time.monotonic() - start)
        assert sorted(waits)[5] < 0.2
        fakes.upscaler.seconds = 0.0
        assert [(await final(place, job)).state for job in jobs] == ["succeeded"] * 3
        await engine.stop()

    play(scene)


def test_a_cancelled_job_ends_within_a_second_of_its_tile(play: Callable[..., None], fakes: FakeModels) -> None:
    tile_s = 0.4

    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = tile_s
        engine = place.engine()
        engine.start()
        for _ in range(2):
            job = await place.submit(order(samples.no_face()))
            before = fakes.upscaler.tiles
            engine.added([job])
            await until(lambda before=before: fakes.upscaler.tiles > before)  # type: ignore[misc]
            start = time.monotonic()
            await place.store.cancel(job.id, OWNER)
            assert (await final(place, job)).state == "cancelled"
            assert time.monotonic() - start < tile_s + 1
        await engine.stop()

    play(scene)


def test_a_stop_puts_jobs_back_and_the_next_start_goes_on(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.05
        jobs = [await place.submit(order(samples.no_face())) for _ in range(2)]
        first = place.engine()
        first.start()
        await until(lambda: fakes.upscaler.tiles)
        start = time.monotonic()
        await first.stop()
        assert time.monotonic() - start < 1
        assert {(await place.get(job.id)).state for job in jobs} == {"queued"}
        fakes.upscaler.seconds = 0.0
        second = place.engine()
        second.start()
        done = [await final(place, job) for job in jobs]
        assert [(job.state, job.attempt - job.releases) for job in done] == [("succeeded", 1)] * 2
        await second.stop()

    play(scene)


def test_a_device_that_hangs_does_not_hinder_the_stop(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.detector.gate.clear()
        job = await place.submit(order(samples.small_face(), "enhance"))
        engine = place.engine()
        engine.start()
        await until(lambda: fakes.detector.calls > 1)
        start = time.monotonic()
        await engine.stop()
        assert 0.9 < time.monotonic() - start < 3
        assert (await place.get(job.id)).state == "queued"
        fakes.detector.gate.set()

    play(scene, grace_s=1)


def test_no_job_begins_while_the_server_stops(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        place.service.draining = True
        job = await place.submit(order(samples.no_face()))
        engine = place.engine()
        engine.start()
        await asyncio.sleep(0.5)
        assert (await place.get(job.id)).state == "queued"
        await engine.stop()

    play(scene)


def test_a_database_that_is_away_is_asked_again(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_process, "POLL_S", 0.02)

    async def scene(place: Workplace) -> None:
        claim, errors = place.store.claim, [StoreUnavailable("The database is away."), ZeroDivisionError()]

        async def failing(*arguments: Any, **options: Any) -> Job | None:
            if errors:
                raise errors.pop()
            return await claim(*arguments, **options)

        monkeypatch.setattr(place.store, "claim", failing)
        job = await place.submit(order(samples.no_face()))
        engine = place.engine()
        engine.start()
        assert (await final(place, job)).state == "succeeded"
        assert "The database is away." in caplog.text
        await engine.stop()

    play(scene)


def test_a_watcher_sees_each_change(
    play: Callable[..., None], fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_process, "WATCH_S", 30.0)  # it is told
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.02)

    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.01
        job = await place.submit(order(samples.no_face()))
        engine = place.engine()
        engine.start()
        seen = [now async for now in engine.watch(job.id, OWNER)]
        assert seen[-1].state == "succeeded"
        assert len(seen) > 5
        fractions = [now.fraction for now in seen if now.stage == "upscaling"]
        assert fractions == sorted(fractions)
        assert [now async for now in engine.watch(job.id, OWNER)] == [seen[-1]]
        await engine.stop()

    play(scene)


def test_a_watcher_sees_what_another_process_does(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "WATCH_S", 0.05)

    async def scene(place: Workplace) -> None:
        engine = place.engine()
        job = await place.submit(order(samples.no_face()))
        watching = engine.watch(job.id, OWNER)
        assert (await anext(watching)).state == "queued"
        begun = await place.claim()
        assert (await anext(watching)).state == "running"
        await place.run(begun)
        assert "succeeded" in [now.state async for now in watching]

    play(scene)


def test_watching_ends_with_the_job_or_the_engine(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "WATCH_S", 30.0)

    async def scene(place: Workplace) -> None:
        engine = place.engine()
        with pytest.raises(UnknownJob):
            await anext(engine.watch(uuid7(), OWNER))
        for end in ("delete", "stop"):
            job = await place.submit(order(samples.no_face()))
            watching = engine.watch(job.id, OWNER)
            await anext(watching)
            rest = asyncio.ensure_future(anext(watching, None))
            await asyncio.sleep(0.05)
            if end == "delete":
                await place.store.delete(job.id, OWNER)
                engine.changed(job.id)
            else:
                await engine.stop()
            assert await rest is None

    play(scene)
