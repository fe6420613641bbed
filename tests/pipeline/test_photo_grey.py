"""Black-and-white photos leave the pipeline black-and-white, whatever colours the networks add; others keep theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.models.roles import Models
from pipeline.options import Background, EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.types import Image, Photo
from tests import images
from tests.pipeline.fakes import FakeRestorer, FakeUpscaler, FixedDetector, RedRecogniser, fake_models, with_less_red
from tests.pipeline.photos import LEFT, actions, asking, grey_photo

GREY = Photo(grey_photo().image, is_grey=True)


def apart(image: Image) -> float:
    """The largest difference between two channels of a pixel, in levels of 255."""
    return float(np.ptp(image, axis=2).max()) * 255


def coloring(recogniser: RedRecogniser | None = None) -> Models:
    """Models of which restorer and upscaler take red away."""
    upscalers = [FakeUpscaler(scale, change=with_less_red) for scale in (2, 4)]
    return fake_models(FixedDetector([LEFT]), FakeRestorer(with_less_red), upscalers, recogniser=recogniser)


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"color_lock": True},
        {"color_correction": "auto"},
        {"background": "resample", "upscale_factor": 1.7},
        {"background": "resample", "upscale_factor": 1},
        {"upscale_factor": 1},
        {"upscale_factor": 4, "strength": 0.5},
    ],
    ids=str,
)
def test_a_grey_photo_has_equal_channels_in_the_result(work: Any, asked: dict[str, Any]) -> None:
    result = work(GREY, asking(**asked), coloring(), Run())
    assert result.is_grey
    assert apart(result.image) == 0
    colored = work(grey_photo(), asking(**asked), coloring(), Run())
    assert not colored.is_grey
    if "color_lock" not in asked and (work is enhance or "background" not in asked):
        assert apart(colored.image) > 5  # what the models do to any other photo


def test_the_restored_face_is_grey_before_its_identity_is_judged() -> None:
    """So that colours that nobody will see do not count against it."""
    recogniser = RedRecogniser(fall=2.0)
    options = asking(identity_policy="protect", identity_threshold=1.0, background="resample")
    assert actions(enhance(grey_photo(), options, coloring(recogniser), Run())) == ["kept"]
    restored = enhance(GREY, options, coloring(recogniser), Run())
    assert actions(restored) == ["restored"]


@pytest.mark.parametrize("work", [enhance, upscale_photo])
@pytest.mark.parametrize("background", ["upscale", "resample"])
def test_the_embedded_models_leave_a_grey_face_grey_and_a_sepia_one_sepia(
    work: Any, background: Background, embedded_models: Models, degraded_astronaut: Image
) -> None:
    face = degraded_astronaut[:150, 30:180].mean(axis=2, keepdims=True) * 255
    grey, sepia = (
        decode(inspect(images.jpeg((face * tone).astype(np.uint8)), max_pixels=30_000))
        for tone in (np.ones(3), np.array([1, 0.85, 0.7]))
    )
    options = EnhanceOptions(background=background)
    results = [work(photo, options, embedded_models, Run()) for photo in (grey, sepia)]
    assert [photo.is_grey for photo in (grey, sepia)] == [result.is_grey for result in results] == [True, False]
    assert apart(results[0].image) == 0
    assert results[1].image.mean(axis=(0, 1)) == pytest.approx(sepia.image.mean(axis=(0, 1)), abs=0.01)
