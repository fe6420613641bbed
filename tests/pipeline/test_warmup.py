from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pipeline.errors import Cancelled, DeviceOutOfMemory, StageFailed
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.types import Image
from pipeline.warmup import SMALL_SIDE, warm_up
from tests.pipeline.fakes import BrightDetector, FakeParser, FakeRestorer, FakeUpscaler, RedRecogniser, fake_models


@dataclass
class CountingDistance:
    name: str = "fake-perceptual"
    smallest_side: int = 1
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def distance(self, first: Image, second: Image, check: Callable[[], None]) -> float:
        assert first.shape == second.shape
        self.seen.append(first.shape)
        return float(np.abs(first - second).mean())


def test_every_model_is_run_once_on_what_it_will_meet() -> None:
    detector, restorer, recogniser = BrightDetector(), FakeRestorer(), RedRecogniser()
    upscalers = [FakeUpscaler(2), FakeUpscaler(4, tile=1024, overlap=32)]
    parser, perceptual = FakeParser(), CountingDistance()
    models = replace(
        fake_models(detector, restorer, upscalers, recogniser=recogniser), parser=parser, perceptual=perceptual
    )
    run = Run()
    warm_up(models, run)
    assert detector.sizes == [(512, 512)]
    assert restorer.batches == [1]
    assert recogniser.embedded == [1]
    assert parser.shapes == [(512, 512, 3)]
    assert perceptual.seen == [(512, 512, 3)]
    assert upscalers[0].shapes == [(64, 64, 3)]  # a whole tile
    assert upscalers[1].shapes == [(SMALL_SIDE + 32, SMALL_SIDE + 32, 3)]  # no larger than needed
    assert set(run.timings_ms) == {"detection", "restoration", "identity", "blending", "upscaling", "metrics"}


def test_models_that_are_only_offered_are_run_too() -> None:
    restorer, upscaler = FakeRestorer(name="other"), FakeUpscaler(3, name="third")
    models = fake_models()
    offering = replace(
        models,
        offered_restorers={"default": models.restorer, "other": restorer},
        offered_upscalers={"third": upscaler},
    )
    warm_up(offering, Run())
    assert restorer.batches == [1]
    assert len(upscaler.shapes) == 1


def test_roles_without_a_model_are_passed_over() -> None:
    upscaler = FakeUpscaler()
    warm_up(fake_models(upscalers=[upscaler]), Run())
    assert len(upscaler.shapes) == 1


def without_memory(image: Image) -> Image:
    raise MemoryError


def without_numbers(image: Image) -> Image:
    return image * np.float32(np.nan)


@pytest.mark.parametrize(("change", "expected"), [(without_memory, DeviceOutOfMemory), (without_numbers, StageFailed)])
@pytest.mark.parametrize("stage", ["restoration", "upscaling"])
def test_a_model_that_fails_is_named_by_its_stage(
    change: Callable[[Image], Image], expected: type[Exception], stage: str
) -> None:
    models = fake_models(
        restorer=FakeRestorer(change) if stage == "restoration" else None,
        upscalers=[FakeUpscaler(change=change)] if stage == "upscaling" else None,
    )
    with pytest.raises(expected) as caught:
        warm_up(models, Run())
    assert caught.value.stage == stage  # type: ignore[attr-defined]


def test_a_model_that_does_not_run_is_named() -> None:
    def fail(image: Image) -> Image:
        raise ValueError("wrong kernel")

    offering = replace(fake_models(), offered_upscalers={"mine": FakeUpscaler(3, change=fail, name="mine")})
    with pytest.raises(StageFailed, match="The model mine does not run: wrong kernel"):
        warm_up(offering, Run())


def test_a_warm_up_with_little_memory_says_so() -> None:
    upscaler, run = FakeUpscaler(tile=256, room=80**2), Run()
    warm_up(fake_models(upscalers=[upscaler]), run)
    assert [notice.code for notice in run.notices] == ["device_memory_low"]


def test_a_cancelled_warm_up_stops() -> None:
    run = Run()
    run.cancelled.set()
    with pytest.raises(Cancelled):
        warm_up(fake_models(), run)


def test_the_embedded_models_warm_up(embedded_models: Models) -> None:
    run = Run()
    warm_up(embedded_models, run)
    assert run.timings_ms["upscaling"] > 0
