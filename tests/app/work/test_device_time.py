"""How long photos are on the device, as those that wait are told."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from app.work import device_time
from app.work.admission import Admission
from app.work.device_time import DeviceTime
from pipeline.run import Run


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(device_time, "time", clock)
    return clock


def test_nothing_is_known_before_a_photo_was_done_or_has_a_plan(clock: Clock) -> None:
    times, run = DeviceTime(), Run()
    assert times.until_free(0, slots=1) == 0
    assert times.until_free(1, slots=1) is None
    times.start(run)
    assert times.until_free(0, slots=1) is None
    times.foresee(run, 8)
    assert times.until_free(0, slots=1) == 8
    assert times.until_free(1, slots=1) is None


def test_a_plan_runs_down_and_never_below_nothing(clock: Clock) -> None:
    times, run = DeviceTime(), Run()
    times.start(run)
    times.foresee(run, 8)
    clock.now += 5
    assert times.until_free(0, slots=1) == 3
    clock.now += 5
    assert times.until_free(0, slots=1) == 0


def test_others_take_as_long_as_the_last_ones(clock: Clock) -> None:
    times = DeviceTime()
    for _ in range(40):
        run = Run()
        times.start(run)
        clock.now += 4
        times.finish(run)
    assert times.seconds_per_photo == pytest.approx(4, abs=0.01)
    assert times.until_free(3, slots=1) == pytest.approx(12, abs=0.01)
    run = Run()
    times.start(run)
    clock.now += 1
    assert times.until_free(1, slots=1) == pytest.approx(7, abs=0.01)


def test_the_first_slot_that_gets_free_is_the_next_ones(clock: Clock) -> None:
    times, long, short = DeviceTime(), Run(), Run()
    for run, seconds in ((long, 10), (short, 1)):
        times.start(run)
        times.foresee(run, seconds)
    assert times.until_free(0, slots=2) == 1
    assert times.until_free(0, slots=3) == 0
    times.seconds_per_photo = 4.0
    times.start(done := Run())
    clock.now += 4
    times.finish(done)
    assert [times.until_free(before, slots=2) for before in range(4)] == [0, 4, 6, 8]


def test_a_plan_of_a_photo_that_has_left_the_device_counts_no_more(clock: Clock) -> None:
    times, run = DeviceTime(), Run()
    times.start(run)
    times.finish(run)
    times.foresee(run, 60)
    assert times.until_free(0, slots=1) == 0


def test_photos_that_wait_are_told_when_the_one_before_them_has_a_plan(clock: Clock) -> None:
    async def move() -> list[tuple[int, float | None]]:
        admission, told = Admission(slots=1, queue_size=4), []
        first, second = Run(), Run()
        async with AsyncExitStack() as stack:
            for run in (first, second):

                def tell(position: int, run: Run = run) -> None:
                    if run is second:
                        told.append((position, admission.seconds_until_device(position)))

                arrival = stack.enter_context(admission.arriving("client"))
                stack.enter_context(admission.place(run, arrival, tell))
            await stack.enter_async_context(admission.device(first))
            admission.foresee(first, 9)
        return told

    assert asyncio.run(move())[-2:] == [(0, None), (0, 9)]
