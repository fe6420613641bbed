"""What would be done with a photo, without doing it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import NoFaceDetected
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.photo import enhance, upscale_photo
from pipeline.preview import preview, preview_upscale
from pipeline.run import Run
from pipeline.steps.upscaling import enlargement, pixels_of_passes, upscale
from pipeline.types import Image, Photo
from pipeline.upscaler_choice import choose_upscalers
from tests.app.fakes import FakeModels, FakeUpscaler


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()


class CountingUpscaler(FakeUpscaler):
    """Counts the pixels of its tiles."""

    pixels = 0

    def upscale(self, tiles: list[Image]) -> list[Image]:  # type: ignore[override]
        self.pixels += sum(tile.shape[0] * tile.shape[1] for tile in tiles)
        return super().upscale(tiles)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1.0, 2.0, 2.5, 4.0]))
def test_the_pixels_of_all_tiles_are_those_that_the_networks_get(width: int, height: int, factor: float) -> None:
    upscaler = CountingUpscaler(2)
    models = Models(None, None, {2: upscaler})  # type: ignore[arg-type]
    size, new_size = (width, height), (round(width * factor), round(height * factor))
    passes, _ = choose_upscalers(EnhanceOptions(), enlargement(size, new_size), models)
    expected = sum(pixels_of_passes(size, new_size, passes))
    upscale(np.zeros((height, width, 3), np.float32), new_size, passes, Run())
    assert upscaler.pixels == expected


@pytest.mark.parametrize(
    "options",
    [
        EnhanceOptions(),
        EnhanceOptions(strength=0, background="resample"),
        EnhanceOptions(face_overrides=((0, 0.5),), color_correction="auto"),
        EnhanceOptions(face_boxes=((4, 4, 30, 30),), denoise_strength=0.5),
    ],
)
def test_it_tells_what_the_work_finds(fakes: FakeModels, options: EnhanceOptions) -> None:
    photo = Photo(np.random.default_rng(0).random((96, 128, 3), dtype=np.float32))
    seen, done = preview(photo, options, fakes(), Run()), enhance(photo, options, fakes(), Run())
    assert [(face.face.box.tolist(), face.blur, face.verdict.reason) for face in seen.faces] == [
        (face.face.box.tolist(), face.blur, face.verdict.reason) for face in done.faces
    ]
    assert (seen.models, seen.notices, seen.workload) == (done.models, done.notices, done.workload)


def test_nothing_but_the_detector_runs(fakes: FakeModels) -> None:
    for model in (fakes.restorer, fakes.upscaler, fakes.parser, fakes.recogniser):
        model.trouble.error = AssertionError("a dry run is no work")
    photo = Photo(np.full((96, 128, 3), 0.5, np.float32))
    run = Run()
    seen = preview(photo, EnhanceOptions(), fakes(), run)
    assert [face.verdict.action for face in seen.faces] == ["restored"]
    assert list(run.timings_ms) == ["detection", "alignment", "planning"]


def test_an_upscaled_photo_is_not_looked_at(fakes: FakeModels) -> None:
    photo = Photo(np.full((40, 30, 3), 0.5, np.float32))
    seen, done = (step(photo, EnhanceOptions(), fakes(), Run()) for step in (preview_upscale, upscale_photo))
    assert fakes.detector.calls == 0
    assert (seen.faces, seen.models, seen.workload) == ((), done.models, done.workload)


def test_no_face_is_an_error_where_one_is_required(embedded_models: Models) -> None:
    photo = Photo(np.full((64, 64, 3), 0.5, np.float32))
    with pytest.raises(NoFaceDetected):
        preview(photo, EnhanceOptions(), embedded_models, Run())
    seen = preview(photo, EnhanceOptions(require_face=False), embedded_models, Run())
    assert [notice.code for notice in seen.notices] == ["no_face_detected"]
