"""The first measurement of this machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.work import calibration
from app.work.calibration import SLOW_S, calibrate
from app.work.costs import metrics_cost, restoration_cost
from app.work.pace import Pace
from tests.app.fakes import FakeModels


def test_the_shortest_of_three_runs_counts(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.04, 0.02, 0.03])
    now = 0.0
    calls = 0

    def clock() -> float:
        nonlocal now, calls
        calls += 1
        now += next(times, 0.02) if calls % 2 == 0 else 0.0
        return now

    monkeypatch.setattr(calibration.time, "perf_counter", clock)
    pace = Pace()
    calibrate(fakes(), pace, {})
    assert pace.seconds(restoration_cost("fake-restorer", 1)) == pytest.approx(0.02)


def test_a_slow_model_is_not_run_again(fakes: FakeModels) -> None:
    models, pace = fakes(), Pace()
    fakes.perceptual.trouble.error = RuntimeError("ran again")
    calibrate(models, pace, {"metrics": 2 * SLOW_S})
    assert pace.seconds(metrics_cost("fake-perceptual", 512 * 512 / 1e6)) == pytest.approx(2 * SLOW_S)


def test_models_that_are_missing_are_left_out(fakes: FakeModels) -> None:
    calibrate(replace(fakes(), perceptual=None), Pace(), {})
