"""Attempts at jobs for which memory or the device does not suffice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.work import background
from jobs.objects import ObjectStore
from jobs.run import attempt, heartbeat
from jobs.run.attempt import MAX_ATTEMPTS
from pipeline.errors import DeviceFailed, DeviceOutOfMemory
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order
from tests.jobs.workplace import Workplace, workplace


def test_a_job_without_memory_is_tried_again_later_and_then_failed(
    play: Callable[..., None], fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "MEMORY_WAIT_S", 0.5)

    async def scene(place: Workplace) -> None:
        fakes.upscaler.trouble.error = DeviceOutOfMemory("Not enough memory for this photo right now.")
        await place.submit(order(samples.no_face()))
        for expected in range(1, MAX_ATTEMPTS + 1):
            job = await place.claim()
            assert job.attempt == expected
            now = await place.run(job)
            if expected < MAX_ATTEMPTS:
                assert now.state == "running"
                assert await place.store.claim(30, max_attempts=MAX_ATTEMPTS) is None  # not at once
                await asyncio.sleep(0.6)
        assert now.state == "failed"
        assert now.error is not None
        assert (now.error.code, now.error.stage) == ("out_of_memory", "upscaling")

    play(scene)


def test_a_job_that_waits_for_memory_is_cancelled_at_once(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.trouble.error = DeviceOutOfMemory("Not enough memory for this photo right now.")
        job = await place.done(order(samples.no_face()))
        assert (job.state, job.stage) == ("running", "queue")  # for 15 s
        now = await place.store.cancel(job.id, job.owner)
        assert (now.state, now.is_cancelling, now.lease_until) == ("cancelled", False, None)
        assert now.finished_at is not None

    play(scene)


def test_a_job_that_is_cancelled_as_memory_runs_out_does_not_wait(
    play: Callable[..., None], fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 30.0)  # the attempt does not hear of it

    async def scene(place: Workplace) -> None:
        fakes.upscaler.trouble.error = DeviceOutOfMemory("Not enough memory for this photo right now.")
        await place.submit(order(samples.no_face()))
        job = await place.claim()
        await place.store.cancel(job.id, job.owner)
        assert (await place.run(job)).state == "cancelled"

    play(scene)


def test_a_device_that_fails_leaves_the_job_to_another_process(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.trouble.error = DeviceFailed("The device has failed.")
        now = await place.done(order(samples.no_face()))
        assert (now.state, now.attempt, now.releases) == ("queued", 1, 0)
        now = await place.run(await place.claim())
        assert (now.state, now.attempt, now.releases) == ("queued", 2, 1)  # the service of this process is over

    play(scene)


def test_a_job_at_which_devices_fail_is_not_begun_for_ever(tmp_path: Path, fakes: FakeModels) -> None:
    """Each of the processes that fail at it is replaced."""
    states: list[str] = []

    async def process() -> None:
        async with workplace(tmp_path, fakes) as place:
            if not states:
                await place.submit(order(samples.no_face()))
            fakes.upscaler.trouble.error = DeviceFailed("The device has failed.")
            now = await place.run(await place.claim())
            fakes.upscaler.trouble.error = None
            states.append(now.state)
            assert (now.error is None) == (now.state == "queued")
            if now.error is not None:
                assert now.error.code == "device_failed"

    for _ in range(MAX_ATTEMPTS):
        asyncio.run(process())
    assert states == ["queued", "queued", "failed"]


class _Weighing(ObjectStore):
    """Remembers what was reserved while something was written."""

    def __init__(self, place: Workplace) -> None:
        super().__init__(place.objects._store)
        self.memory, self.reserved = place.service.memory, 0

    async def put(self, key: str, body: bytes | AsyncIterator[bytes]) -> int:
        self.reserved = self.memory.reserved
        return await super().put(key, body)


def test_a_result_counts_as_memory_until_it_is_written(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        objects = _Weighing(place)
        made = (await place.run(await place.claim(), objects=objects)).result
        assert made is not None
        assert objects.reserved == made.picture_bytes + len(await place.bytes_of(made.preview_key))

    play(scene)


def test_waiting_for_memory_keeps_the_lease(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MEMORY_POLL_S", 0.02)

    async def scene(place: Workplace) -> None:
        monkeypatch.setattr(place.service.memory, "_free", lambda: 10)
        monkeypatch.setattr(place.service.memory, "_resident", lambda: 0)
        monkeypatch.setattr(place.service.admission, "inside", 1)
        await place.submit(order(samples.no_face()))
        job = await place.claim(lease_s=0.2)
        running = asyncio.ensure_future(place.run(job))
        await asyncio.sleep(0.5)
        assert (await place.get(job.id)).state == "running"
        with pytest.raises(AssertionError):
            await place.claim()  # nobody else may begin it
        await place.store.cancel(job.id, job.owner)
        assert (await running).state == "cancelled"

    play(scene)
