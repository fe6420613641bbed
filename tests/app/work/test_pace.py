"""How fast this machine is, learned from photos."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.work.costs import Cost
from app.work.pace import MOST_KINDS, Pace

COST = Cost("upscaling", "x2", 2.0)


def learned(*seconds: float, pace: Pace | None = None) -> Pace:
    """A pace that has seen photos which took so many seconds for what the table says takes two."""
    pace = pace or Pace()
    for each in seconds:
        pace.learn([COST], {"upscaling": each})
    return pace


def test_without_any_measurement_the_table_counts() -> None:
    assert Pace().seconds(COST) == 2.0


def test_the_first_photo_replaces_the_calibration() -> None:
    pace = Pace()
    pace.calibrate(COST, 20.0)
    assert pace.seconds(COST) == pytest.approx(20.0)
    assert learned(4.0, pace=pace).seconds(COST) == pytest.approx(4.0)


def test_a_copy_stays_as_it_was() -> None:
    pace = learned(4.0)
    copied = pace.copy()
    learned(*[40.0] * 9, pace=pace)
    assert copied.seconds(COST) == pytest.approx(4.0)
    learned(*[400.0] * 9, pace=copied)
    assert pace.seconds(COST) < 50


def test_time_grows_with_the_cost() -> None:
    assert learned(4.0).seconds(Cost("upscaling", "x2", 5.0)) == pytest.approx(10.0)


def test_one_slow_photo_changes_little() -> None:
    assert learned(*[4.0] * 9, 4000.0).seconds(COST) == pytest.approx(4.0 * 2**0.3)


@given(st.floats(0.05, 500), st.floats(0.05, 500))
def test_a_machine_that_becomes_slower_or_faster_is_followed(before: float, after: float) -> None:
    assert learned(*[before] * 5, *[after] * 80).seconds(COST) == pytest.approx(after, rel=0.05)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_the_estimate_stays_between_what_was_measured(seconds: list[float]) -> None:
    assert min(seconds) * 0.999 <= learned(*seconds).seconds(COST) <= max(seconds) * 1.001


@pytest.mark.parametrize("seconds", [0.0, 0.001])
def test_a_stage_too_short_to_measure_teaches_nothing(seconds: float) -> None:
    assert learned(seconds).seconds(COST) == 2.0


def test_what_was_never_measured_follows_its_stage_and_then_similar_work() -> None:
    pace = learned(4.0)
    pace.learn([Cost("encode", "png", 1.0)], {"encode": 3.0})
    assert pace.seconds(Cost("upscaling", "x4", 1.0)) == pytest.approx(2.0)
    assert pace.seconds(Cost("restoration", "gfpgan", 1.0)) == pytest.approx(2.0)  # a network as well
    assert pace.seconds(Cost("blending", "with faces", 1.0)) == pytest.approx(3.0)  # none


def test_it_remembers_a_bounded_number_of_kinds_and_forgets_the_oldest() -> None:
    pace = learned(8.0)
    for index in range(MOST_KINDS):
        pace.learn([Cost("upscaling", f"other {index}", 1.0)], {"upscaling": 1.0})
    assert pace.seconds(COST) == pytest.approx(2.0)
    assert math.isfinite(pace.seconds(Cost("encode", "png", 1.0)))
