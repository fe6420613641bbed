"""One attempt at a job: what it leaves in the stores, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.work import background
from jobs.errors import LeaseLost, StoreUnavailable
from jobs.job import Job, Result
from jobs.objects import ObjectStore
from jobs.run import attempt, heartbeat
from jobs.run.attempt import MAX_ATTEMPTS
from jobs.store.store import JobStore
from pipeline.errors import DeviceFailed, DeviceOutOfMemory
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order, synchronous, until
from tests.jobs.workplace import Workplace, workplace


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.02)
    monkeypatch.setattr(attempt, "RETRY_S", 0.02)


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


def test_a_job_without_memory_is_tried_again_later_and_then_failed(
    play: Callable[..., None], fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "MEMORY_WAIT_S", 0.05)

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
                await asyncio.sleep(0.1)
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


def test_an_overtaken_sign_of_life_is_no_error_of_the_job() -> None:
    assert not issubclass(LeaseLost, StoreUnavailable)
