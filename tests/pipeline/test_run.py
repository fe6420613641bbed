from __future__ import annotations

import threading
import time

import pytest

from pipeline.errors import Cancelled, DeadlineExceeded, DeviceOutOfMemory, NoFaceDetected, PipelineError, StageFailed
from pipeline.run import Run
from pipeline.types import Notice


def past() -> float:
    return time.monotonic() - 1


def future() -> float:
    return time.monotonic() + 60


def cancelled() -> threading.Event:
    flag = threading.Event()
    flag.set()
    return flag


class Listener:
    """Remembers what it was told, and may fail instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.heard: list[tuple[str, float]] = []
        self.error = error

    def __call__(self, stage: str, fraction: float) -> None:
        self.heard.append((stage, fraction))
        if self.error is not None:
            raise self.error


def test_timings_of_one_stage_add_up_and_others_stay_apart() -> None:
    run = Run()
    start = time.perf_counter()
    with run.stage("alignment"):
        time.sleep(0.02)
    first = run.timings_ms["alignment"]
    with run.stage("upscaling"):
        pass
    with run.stage("alignment"):
        time.sleep(0.03)
    whole = (time.perf_counter() - start) * 1000
    assert list(run.timings_ms) == ["alignment", "upscaling"]
    assert first >= 20
    assert run.timings_ms["alignment"] >= first + 30
    assert sum(run.timings_ms.values()) <= whole


def test_every_stage_is_kept_with_its_true_times_and_its_end() -> None:
    run = Run()
    before = time.time_ns()
    with run.stage("decode"):
        time.sleep(0.02)
    with pytest.raises(NoFaceDetected), run.stage("detection"):
        raise NoFaceDetected("None.")
    with pytest.raises(StageFailed), run.stage("alignment"):
        raise ValueError
    with pytest.raises(DeviceOutOfMemory), run.stage("alignment"):
        raise MemoryError
    after = time.time_ns()
    assert [(stage.name, stage.error) for stage in run.stages] == [
        ("decode", None),
        ("detection", "no_face_detected"),
        ("alignment", "stage_failed"),
        ("alignment", "out_of_memory"),
    ]
    assert run.stages[0].seconds >= 0.02
    assert run.stages[0].seconds * 1000 == pytest.approx(run.timings_ms["decode"])
    assert all(before - 1e6 <= stage.start_ns <= stage.end_ns <= after for stage in run.stages)


def test_a_stage_in_work_is_told_as_unfinished() -> None:
    run = Run()
    with run.stage("upscaling"):
        time.sleep(0.01)
        (stage,) = run.stages
        assert (stage.name, stage.error) == ("upscaling", "unfinished")
        assert stage.seconds >= 0.01
        assert run.timings_ms == {}
    assert [stage.error for stage in run.stages] == [None]


def test_what_is_recorded_counts_as_a_stage() -> None:
    run = Run()
    run.record("queue", 0.5)
    run.record("queue", 0.25, "deadline_exceeded")
    assert run.timings_ms == {"queue": 750.0}
    assert [stage.error for stage in run.stages] == [None, "deadline_exceeded"]
    assert run.stages[0].seconds == pytest.approx(0.5)


def test_a_notice_is_kept_once() -> None:
    run, low = Run(), Notice("low", "It is low.")
    for notice in (low, Notice("high", "It is high."), Notice("low", "It is low.")):
        run.note(notice)
    assert run.notices == [low, Notice("high", "It is high.")]
    assert Run().notices == []


def test_check_lets_a_wanted_run_go_on() -> None:
    Run().check()
    Run(deadline=future(), cancelled=threading.Event()).check()


def test_check_stops_a_cancelled_run() -> None:
    with pytest.raises(Cancelled):
        Run(cancelled=cancelled(), deadline=past()).check()


def test_check_stops_a_late_run() -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        Run(deadline=past()).check()
    assert caught.value.stage is None


@pytest.mark.parametrize(
    ("run", "expected"), [(Run(cancelled=cancelled()), Cancelled), (Run(deadline=past()), DeadlineExceeded)]
)
def test_a_stage_of_an_unwanted_run_does_not_start(run: Run, expected: type[PipelineError]) -> None:
    entered = []
    with pytest.raises(expected) as caught, run.stage("restoration"):
        entered.append(True)
    assert not entered
    assert caught.value.stage == "restoration"


@pytest.mark.parametrize("expected", [Cancelled, DeadlineExceeded])
def test_progress_stops_an_unwanted_run_inside_a_stage(expected: type[PipelineError]) -> None:
    run = Run()
    parts = []

    def work() -> None:
        for part in range(1, 4):
            parts.append(part)
            if part == 2 and expected is Cancelled:
                run.cancelled.set()
            elif part == 2:
                run.deadline = past()
            run.progress(part, 3)

    with pytest.raises(expected) as caught, run.stage("upscaling"):
        work()
    assert caught.value.stage == "upscaling"
    assert parts == [1, 2]


def test_a_flag_set_in_another_thread_stops_the_run() -> None:
    run = Run()
    other = threading.Thread(target=run.cancelled.set)
    other.start()
    other.join()
    with pytest.raises(Cancelled):
        run.check()


def test_the_listener_hears_the_start_and_every_part_of_a_stage() -> None:
    listener = Listener()
    run = Run(on_progress=listener)
    with run.stage("restoration"):
        run.progress(1, 4)
        run.progress(4, 4)
    with run.stage("blending"):
        run.progress(0, 0)
    assert listener.heard == [
        ("restoration", 0.0),
        ("restoration", 0.25),
        ("restoration", 1.0),
        ("blending", 0.0),
        ("blending", 1.0),
    ]


def test_progress_outside_a_stage_is_not_announced_but_still_checked() -> None:
    listener = Listener()
    run = Run(on_progress=listener)
    run.progress(1, 2)
    assert listener.heard == []
    run.cancelled.set()
    with pytest.raises(Cancelled):
        run.progress(2, 2)


def test_a_listener_that_fails_is_a_failure_of_the_stage() -> None:
    cause = OSError("nobody listens")
    with pytest.raises(StageFailed) as caught, Run(on_progress=Listener(cause)).stage("color"):
        pass
    assert caught.value.stage == "color"
    assert caught.value.__cause__ is cause


def test_runs_share_nothing() -> None:
    first, second = Run(), Run()
    first.cancelled.set()
    with pytest.raises(Cancelled), first.stage("color"):
        pass
    with second.stage("color"):
        second.check()
    assert list(second.timings_ms) == ["color"]


def test_progress_does_not_go_back_within_a_stage() -> None:
    heard: list[tuple[str, float]] = []
    run = Run(on_progress=lambda stage, fraction: heard.append((stage, fraction)))
    for name in ("upscaling", "blending"):
        with run.stage(name):
            for done in (1, 3, 2, 4):
                run.progress(done, 4)
    assert [fraction for stage, fraction in heard if stage == "blending"] == [0, 0.25, 0.75, 0.75, 1]


def test_a_run_that_makes_way_counts_its_own_time_only() -> None:
    """Each check gives the device away for an hour, as it were."""
    run = Run(deadline=time.monotonic() + 5, make_way=lambda: 3600.0)
    with run.stage("upscaling"):
        time.sleep(0.02)
        run.progress(1, 2)
        run.progress(2, 2)
    assert run.deadline is not None
    assert run.deadline > time.monotonic() + 3 * 3600
    assert run.timings_ms["upscaling"] < 1000


def test_a_run_that_is_cancelled_makes_no_more_way() -> None:
    asked = []
    run = Run(cancelled=cancelled(), make_way=lambda: asked.append(1) or 0.0)
    with pytest.raises(Cancelled):
        run.check()
    assert asked == []
