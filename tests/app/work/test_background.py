"""Photos that nobody waits for are done behind the others, and take nothing from them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from app.settings import MEBIBYTE
from app.work import background
from app.work.background import Background
from app.work.dry_report import DryRun
from app.work.errors import MemoryLow, NotReady
from app.work.photo import Finished
from pipeline.errors import BrokenImage, Cancelled, DeadlineExceeded, DeviceFailed, DeviceOutOfMemory
from pipeline.run import Run
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.work.services import order, service_with, serving, synchronous, until

TILE_S = 0.05


def test_a_photo_waits_for_a_tile_of_a_job_and_both_are_right(fakes: FakeModels) -> None:
    """The job has 63 tiles of 50 ms; the photo has none of its own."""
    large, small = order(samples.no_face()), order(samples.small_face(), background="resample")

    async def main() -> tuple[bytes, bytes, float, float]:
        async with serving(fakes()) as service:
            alone = await synchronous(service, small)
            fakes.upscaler.seconds, fakes.upscaler.tiles = TILE_S, 0
            run, begun = service.background.new_run(), time.monotonic()
            job = asyncio.ensure_future(service.work_off(large, run))
            waits = []
            await until(lambda: fakes.upscaler.tiles >= 3)
            for _ in range(3):
                start = time.monotonic()
                assert await synchronous(service, small) == alone
                waits.append(time.monotonic() - start)
                await asyncio.sleep(0.03)
            assert not job.done()
            picture = (await job).finished.picture.data
            took = time.monotonic() - begun
            assert fakes.upscaler.tiles >= 40
            fakes.upscaler.seconds = 0.0
            return picture, await synchronous(service, large), max(waits), took

    picture, expected, longest, took = asyncio.run(main())
    assert picture == expected
    assert longest < 6 * TILE_S < took / 4


def test_what_a_photo_waits_for_a_job_is_told_as_waiting(fakes: FakeModels) -> None:
    def nothing(done: Finished | DryRun, run: Run) -> bytes:
        return b""

    async def main() -> dict[str, float]:
        async with serving(fakes()) as service:
            fakes.detector.gate.clear()
            job = asyncio.ensure_future(
                service.work_off(order(samples.small_face(), "enhance"), service.background.new_run())
            )
            await until(lambda: fakes.detector.calls > 1)  # the first was the warm-up
            run = service.new_run()
            with service.arriving("somebody") as arrival:
                photo = asyncio.ensure_future(
                    service.process(order(samples.no_face(), background="resample"), arrival, run, nothing)
                )
                await until(lambda: service.admission.on_device)
                await asyncio.sleep(0.3)
                fakes.detector.gate.set()
                await asyncio.gather(job, photo)
            return run.timings_ms

    assert 290 < asyncio.run(main())["queue"] < 5000


def test_a_job_takes_no_place_of_a_photo(fakes: FakeModels) -> None:
    async def main() -> None:
        async with serving(fakes(), queue_size=0) as service:
            fakes.upscaler.seconds, fakes.upscaler.tiles = TILE_S, 0
            jobs = [asyncio.ensure_future(service.work_off(order(samples.no_face()), service.background.new_run()))]
            await until(lambda: fakes.upscaler.tiles)
            assert (service.admission.inside, service.background.inside) == (0, 1)
            await synchronous(service, order(samples.small_face(), background="resample"))
            fakes.upscaler.seconds = 0.0
            await asyncio.gather(*jobs)
            assert service.memory.reserved == service.background.inside == 0

    asyncio.run(main())


def test_the_preview_shows_the_result(fakes: FakeModels) -> None:
    rgba = np.zeros((300, 500, 4), dtype=np.uint8)
    rgba[..., 0], rgba[:150, :, 3] = 200, 255

    async def main() -> bytes:
        async with serving(fakes()) as service:
            wanted = order(samples.file_of(rgba, "PNG"), background="resample")
            return (await service.work_off(wanted, service.background.new_run())).preview

    preview = samples.opened(asyncio.run(main()))
    assert (preview.format, preview.size, preview.mode) == ("WEBP", (400, 240), "RGBA")
    pixels = np.asarray(preview)
    assert abs(int(pixels[40, 200, 0]) - 200) < 8
    assert (pixels[20, 200, 3], pixels[220, 200, 3]) == (255, 0)


@pytest.mark.parametrize(
    ("error", "raised"),
    [(DeviceOutOfMemory("No room."), DeviceOutOfMemory), (DeviceFailed("It failed."), DeviceFailed)],
)
def test_an_error_ends_the_job_alone(fakes: FakeModels, error: Exception, raised: type[Exception]) -> None:
    async def main() -> None:
        async with serving(fakes()) as service:
            fakes.upscaler.trouble.error = error
            with pytest.raises(raised):
                await service.work_off(order(samples.no_face()), service.background.new_run())
            with pytest.raises(BrokenImage):
                await service.work_off(order(samples.small_face()[:300]), service.background.new_run())
            assert service.memory.reserved == 0
            assert service.readiness == ("failed" if raised is DeviceFailed else "ready")

    if raised is DeviceFailed:
        with pytest.raises(NotReady):  # of the second job: the process is of no use any more
            asyncio.run(main())
    else:
        asyncio.run(main())


def test_a_job_is_cancelled_between_two_tiles(fakes: FakeModels) -> None:
    async def main() -> float:
        async with serving(fakes()) as service:
            fakes.upscaler.seconds, fakes.upscaler.tiles = TILE_S, 0
            run = service.background.new_run()
            job = asyncio.ensure_future(service.work_off(order(samples.no_face()), run))
            await until(lambda: fakes.upscaler.tiles)
            start = time.monotonic()
            run.cancelled.set()
            with pytest.raises(Cancelled):
                await job
            return time.monotonic() - start

    assert asyncio.run(main()) < 5 * TILE_S


def test_the_time_limit_of_a_job_does_not_count_what_others_take(fakes: FakeModels) -> None:
    async def main() -> None:
        async with serving(fakes(), job_timeout_s=0.5) as service:
            fakes.upscaler.seconds = TILE_S
            with pytest.raises(DeadlineExceeded):
                await service.work_off(order(samples.no_face()), service.background.new_run())
            fakes.upscaler.seconds, fakes.upscaler.tiles = 0.0, 0
            fakes.detector.gate.clear()  # the device is taken for longer than the limit
            photo = asyncio.ensure_future(synchronous(service, order(samples.small_face(), "enhance")))
            await until(lambda: service.admission.on_device)
            job = asyncio.ensure_future(service.work_off(order(samples.no_face()), service.background.new_run()))
            await asyncio.sleep(0.8)
            assert not job.done()
            fakes.detector.gate.set()
            await asyncio.gather(job, photo)

    asyncio.run(main())


def test_a_job_waits_for_memory_that_photos_hold_and_leaves_some_to_them(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "MEMORY_POLL_S", 0.02)

    async def main() -> None:
        async with serving(fakes()) as service:
            monkeypatch.setattr(service.admission, "inside", 1)
            monkeypatch.setattr(service.memory, "_free", lambda: 900 * MEBIBYTE)  # enough, but too little beside it
            monkeypatch.setattr(service.memory, "_resident", lambda: 0)
            job = asyncio.ensure_future(service.work_off(order(samples.no_face()), service.background.new_run()))
            await asyncio.sleep(0.2)
            assert not job.done()
            monkeypatch.setattr(service.admission, "inside", 0)  # now it is alone, and takes what there is
            assert (await job).finished.photo_pixels == 64 * 48

    asyncio.run(main())


def test_a_job_reads_its_photo_again_only_when_memory_was_given_back(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "MEMORY_POLL_S", 0.02)
    tries: list[int] = []
    read = background.photo.read

    def counted(*about: Any) -> Any:
        tries.append(1)
        return read(*about)

    async def main() -> None:
        async with serving(fakes()) as service:
            monkeypatch.setattr(background.photo, "read", counted)
            monkeypatch.setattr(service.memory, "_free", lambda: 10)
            monkeypatch.setattr(service.memory, "_resident", lambda: 0)
            monkeypatch.setattr(service.admission, "inside", 1)
            job = asyncio.ensure_future(service.work_off(order(samples.no_face()), service.background.new_run()))
            await asyncio.sleep(0.2)
            assert len(tries) == 1
            with service.memory.held(1):
                pass
            await until(lambda: len(tries) == 2)
            await asyncio.sleep(0.1)
            assert len(tries) == 2
            monkeypatch.setattr(service.memory, "_free", lambda: 10**12)  # another process ended: it tries now and then
            assert (await asyncio.wait_for(job, 10)).finished.picture.data

    asyncio.run(main())


def test_jobs_that_fit_only_one_by_one_are_done_one_by_one(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "MEMORY_POLL_S", 0.02)

    async def main() -> None:
        async with serving(fakes(), slots=2) as service:
            monkeypatch.setattr(service.memory, "_free", lambda: 500 * MEBIBYTE)  # a job takes about 400
            monkeypatch.setattr(service.memory, "_resident", lambda: 0)
            jobs = [service.work_off(order(samples.no_face()), service.background.new_run()) for _ in range(3)]
            assert len(await asyncio.gather(*jobs)) == 3
            assert service.memory.reserved == 0

    asyncio.run(main())


def test_a_job_that_does_not_fit_at_all_says_so(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving(fakes()) as service:
            monkeypatch.setattr(service.memory, "_free", lambda: 100 * MEBIBYTE)
            monkeypatch.setattr(service.memory, "_resident", lambda: 0)
            with pytest.raises(MemoryLow):
                await service.work_off(order(samples.no_face()), service.background.new_run())
            assert service.memory.reserved == 0

    asyncio.run(main())


def test_a_job_that_hangs_is_noticed(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    service = service_with(fakes(), deadline_s=0.1, job_timeout_s=0.1)
    monkeypatch.setattr(background, "STUCK_S", 0.1)
    fakes.detector.gate.clear()

    async def main() -> None:
        run = service.background.new_run()
        job = asyncio.ensure_future(service.work_off(order(samples.small_face(), "enhance"), run))
        await asyncio.sleep(0.15)
        assert service.readiness == "ready"
        await asyncio.sleep(0.35)
        assert service.readiness == "failed"
        fakes.detector.gate.set()
        with pytest.raises(DeadlineExceeded):
            await job

    try:
        asyncio.run(main())
    finally:
        service.close()


def test_whether_a_job_hangs_can_be_asked_while_jobs_begin_and_end(fakes: FakeModels) -> None:
    """The set of jobs on the device is changed by the device's threads."""
    service = service_with(fakes(), slots=4)
    over = threading.Event()

    def begin_and_end() -> None:
        while not over.is_set():
            run = Run(deadline=time.monotonic() + 60)
            service.background._on_device.add(run)
            service.background._on_device.discard(run)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    changing = [threading.Thread(target=begin_and_end) for _ in range(3)]
    try:
        for thread in changing:
            thread.start()
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            assert not service.background.stuck
    finally:
        sys.setswitchinterval(interval)
        over.set()
        for thread in changing:
            thread.join()
        service.close()


def test_the_loss_of_its_thread_is_noticed(fakes: FakeModels) -> None:
    service = service_with(fakes())
    worker: Any = service.background._threads
    worker.submit(int).result()
    worker._work_queue.put(object())
    while not service.background.lost:
        time.sleep(0.01)
    assert isinstance(service.background, Background)
    assert service.readiness == "failed"
    service.close()
