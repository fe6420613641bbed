from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import (
    Cancelled,
    DeadlineExceeded,
    PipelineError,
    StageFailed,
)
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.types import Enhanced, Image
from tests.pipeline.fakes import (
    FakeParser,
    FakeRestorer,
    FakeUpscaler,
    FixedDetector,
    RedRecogniser,
)
from tests.pipeline.photos import LEFT, RIGHT, STAGES, asking, grey_photo, models, stopping_at


@pytest.mark.parametrize("kind", [Cancelled, DeadlineExceeded])
@pytest.mark.parametrize("stage", STAGES)
def test_an_unwanted_run_stops_with_the_stage_or_before_the_next(stage: str, kind: type[PipelineError]) -> None:
    run = stopping_at(stage, kind)
    options = asking(color_correction="auto", identity_policy="protect")
    with pytest.raises(kind) as caught:
        enhance(grey_photo(), options, models(LEFT, RIGHT, recogniser=RedRecogniser(0.9)), run)
    position = STAGES.index(stage)
    assert caught.value.stage in STAGES[position : position + 2]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
def test_an_unwanted_run_does_not_even_begin(work: Callable[..., Enhanced]) -> None:
    run = Run(deadline=time.monotonic() - 1)
    chosen = models(LEFT)
    with pytest.raises(DeadlineExceeded):
        work(grey_photo(), asking(), chosen, run)
    assert chosen.upscalers[2].shapes == []  # type: ignore[attr-defined]


def refuse(image: Image) -> Image:
    raise ValueError("no")


class Failing(FixedDetector, FakeParser, RedRecogniser):
    """Fails in every role."""

    name = "failing"

    def detect(self, image: Image, check: Any) -> Any:
        return refuse(image)

    def embed(self, images: Any, landmarks: Any) -> Any:
        return refuse(images)

    def parse(self, crops: Any) -> Any:
        return refuse(crops)


@pytest.mark.parametrize(
    ("stage", "part"),
    [
        ("detection", {"detector": Failing()}),
        ("restoration", {"restorer": FakeRestorer(refuse)}),
        ("identity", {"recogniser": Failing()}),
        ("upscaling", {"upscalers": {2: FakeUpscaler(change=refuse)}}),
        ("blending", {"parser": Failing()}),
    ],
)
def test_a_model_that_fails_fails_its_stage_and_nothing_is_returned(stage: str, part: dict[str, Any]) -> None:
    with pytest.raises(StageFailed) as caught:
        enhance(grey_photo(), asking(), replace(models(LEFT), **part), Run())
    assert caught.value.stage == stage
    assert isinstance(caught.value.__cause__, ValueError)
