"""One attempt at a job: what it leaves in the stores, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from jobs.objects import ObjectStore
from jobs.run import attempt
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order, synchronous, until
from tests.jobs.workplace import Workplace


def test_a_job_leaves_picture_preview_and_report(play: Callable[..., None]) -> None:
    wanted = order(samples.small_face(), "enhance", upscale_factor=3)

    async def scene(place: Workplace) -> None:
        job = await place.done(wanted)
        assert (job.state, job.attempt, job.error, job.fraction) == ("succeeded", 1, None, 1.0)
        made = job.result
        assert made is not None
        assert (made.media_type, made.width, made.height, made.faces) == ("image/png", 288, 288, 1)
        picture = await place.bytes_of(made.picture_key)
        assert len(picture) == made.picture_bytes
        assert picture == await synchronous(place.service, wanted)
        assert samples.opened(await place.bytes_of(made.preview_key)).size == (288, 288)
        report = orjson.loads(await place.bytes_of(made.report_key))
        assert report["status"] == "success"
        assert "restored_image" not in report["data"]
        assert report["data"]["faces"][0]["action"] == "restored"
        assert job.timings_ms == report["data"]["timings_ms"]
        assert await place.keys() == set(job.keys)

    play(scene)


def test_a_ground_truth_is_compared_with(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        job = await place.done(replace(order(samples.no_face()), reference=samples.no_face()))
        assert job.result is not None
        report = orjson.loads(await place.bytes_of(job.result.report_key))
        assert report["data"]["metrics"]["reference"] == "upload"

    play(scene)


@pytest.mark.parametrize(
    ("file", "options", "code", "stage"),
    [
        (b"no photo", {}, "unsupported_media_type", "decode"),
        (samples.small_face()[:300], {}, "broken_image", "decode"),
        (samples.no_face(), {"upscaler": "unheard-of"}, "bad_parameter", "parameters"),
    ],
)
def test_an_error_is_written_down(
    play: Callable[..., None], file: bytes, options: dict[str, Any], code: str, stage: str
) -> None:
    async def scene(place: Workplace) -> None:
        job = await place.done(order(file, **options))
        assert job.state == "failed"
        assert job.error is not None
        assert (job.error.code, job.error.stage) == (code, stage)
        assert job.error.message.endswith(".")
        assert await place.keys() == {job.input_key}

    play(scene)


def test_an_unexpected_error_is_logged_and_tells_nothing(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(attempt, "result_of", broken)

    async def scene(place: Workplace) -> None:
        job = await place.done(order(samples.no_face()))
        assert job.error is not None
        assert (job.error.code, job.error.stage) == ("internal_error", "job")
        assert "secret" not in job.error.message
        assert f"job {job.id} failed" in caplog.text

    play(scene)


def test_a_photo_that_is_gone_fails_the_job(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        job = await place.submit(order(samples.no_face()))
        await place.objects.delete([job.input_key])
        done = await place.run(await place.claim())
        assert done.error is not None
        assert done.error.code == "object_missing"

    play(scene)


def test_an_order_of_another_version_fails_the_job(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()), asked={"task": "colorize"})
        done = await place.run(await place.claim())
        assert done.error is not None
        assert done.error.code == "order_unreadable"

    play(scene)


def test_the_time_limit_ends_a_job(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.05
        done = await place.done(order(samples.no_face()))
        assert done.error is not None
        assert (done.error.code, done.error.stage) == ("deadline_exceeded", "upscaling")

    play(scene, job_timeout_s=0.3)


def test_progress_is_written_and_cancellation_is_read(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.05
        await place.submit(order(samples.no_face()))
        job = await place.claim()
        running = asyncio.ensure_future(place.run(job))
        await until(lambda: fakes.upscaler.tiles >= 4)
        await asyncio.sleep(0.1)
        now = await place.get(job.id)
        assert (now.state, now.stage) == ("running", "upscaling")
        assert 0 < now.fraction < 1
        await place.store.cancel(job.id, job.owner)
        done = await running
        assert (done.state, done.is_cancelling) == ("cancelled", False)
        assert fakes.upscaler.tiles < 40
        assert await place.keys() == {job.input_key}

    play(scene)


def test_an_attempt_that_was_overtaken_stops_and_leaves_nothing(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.05
        await place.submit(order(samples.no_face()))
        job = await place.claim(lease_s=0.0)
        second = await place.claim()
        assert (second.id, second.attempt) == (job.id, 2)
        now = await place.run(job)
        assert (now.state, now.attempt) == ("running", 2)
        assert fakes.upscaler.tiles < 40
        fakes.upscaler.seconds = 0.0
        assert (await place.run(second)).state == "succeeded"

    play(scene)


def test_a_deleted_job_leaves_nothing(play: Callable[..., None], fakes: FakeModels) -> None:
    async def scene(place: Workplace) -> None:
        fakes.upscaler.seconds = 0.02
        await place.submit(order(samples.no_face()))
        job = await place.claim()
        running = asyncio.ensure_future(attempt.run_job(job, place.store, place.objects, place.service, lambda _: None))
        await until(lambda: fakes.upscaler.tiles >= 2)
        gone = await place.store.delete(job.id, job.owner)
        await place.objects.delete(gone.keys)
        await running
        assert await place.keys() == set()

    play(scene)


class _Overtaking(ObjectStore):
    """Another worker begins the job, while the result is written."""

    def __init__(self, place: Workplace) -> None:
        super().__init__(place.objects._store)
        self.place = place

    async def put(self, key: str, body: bytes | AsyncIterator[bytes]) -> int:
        size = await super().put(key, body)
        if key.endswith(".json"):
            job = (await self.place.store.page("somebody", limit=1))[0]
            await self.place.store.release(job)
            await self.place.claim()
        return size


def test_a_result_that_comes_too_late_is_removed(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        now = await place.run(await place.claim(), objects=_Overtaking(place))
        assert (now.state, now.attempt, now.result) == ("running", 2, None)
        assert await place.keys() == {now.input_key}

    play(scene)
