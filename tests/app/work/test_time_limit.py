"""The self-ensemble of `preset=best` where there is no time for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.options import OutputOptions
from app.work.costs import Cost
from app.work.order import Order
from app.work.pace import Pace
from app.work.time_limit import LEFT_OUT, may_shorten, within_deadline
from pipeline.errors import PipelineError
from pipeline.options import EnhanceOptions
from tests import images
from tests.app.fakes import FakeModels

PHOTO = images.png(images.gradient(64, 48))
BY_PRESET = frozenset({"self_ensemble"})
ORDER = Order("enhance", PHOTO, None, EnhanceOptions(self_ensemble=True), OutputOptions(preset="best"), BY_PRESET)


def fitted(order: Order, seconds_per_megapixel: float, deadline_s: float = 60.0) -> Order:
    """The order on a machine that takes so long for the tiles of the fake upscaler."""
    pace = Pace()
    pace.calibrate(Cost("upscaling", "fake-upscaler", 10.0), seconds_per_megapixel)
    assert may_shorten(order)
    return within_deadline(order, FakeModels()(), pace, deadline_s, 10**7)


def test_a_quick_machine_does_all_that_the_preset_asks_for() -> None:
    assert fitted(ORDER, 1.0) == ORDER


def test_a_slow_machine_leaves_the_ensemble_out_and_says_so() -> None:
    found = fitted(ORDER, 100_000.0)
    assert found.options == EnhanceOptions()
    (notice,) = found.notices
    assert notice.code == LEFT_OUT
    assert "60 s" in notice.message
    assert replace(found, options=ORDER.options, notices=()) == ORDER


def test_half_of_the_deadline_may_go_to_upscaling() -> None:
    """The 64 × 48 photo has tiles of 16 px a side at most with an overlap of 8, and is seen eight times."""

    def fits(deadline_s: float) -> bool:
        return fitted(ORDER, 1000.0, deadline_s).options.self_ensemble

    limits = [seconds for seconds in range(1, 2000) if fits(seconds)]
    assert 1 < limits[0] < 2000, "too small a deadline and a large one decide otherwise"
    assert limits == list(range(limits[0], 2000))
    assert fitted(ORDER, 500.0, limits[0] / 2).options.self_ensemble
    assert not fitted(ORDER, 500.0, limits[0] / 2 - 1).options.self_ensemble


@pytest.mark.parametrize("options", [{"background": "resample"}, {"upscale_factor": 0.5}])
def test_where_no_network_enlarges_the_preset_asks_for_nothing(options: dict[str, object]) -> None:
    order = replace(ORDER, options=replace(ORDER.options, **options))  # type: ignore[arg-type]
    found = fitted(order, 1.0)
    assert not found.options.self_ensemble
    assert found.notices == ()


def test_what_the_client_has_asked_for_stays() -> None:
    assert not may_shorten(replace(ORDER, by_preset=frozenset({"metrics"})))
    assert not may_shorten(replace(ORDER, options=EnhanceOptions()))


def test_a_file_that_is_no_photo_is_refused_at_once() -> None:
    with pytest.raises(PipelineError) as refused:
        fitted(replace(ORDER, file=b"no photo"), 1.0)
    assert refused.value.stage == "decode"
