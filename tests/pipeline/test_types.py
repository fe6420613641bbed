from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pipeline.options import EnhanceOptions
from pipeline.types import CROP_SIZE, Crop, Photo
from tests.pipeline.fakes import FakeParser, FakeRestorer, FakeUpscaler, RedRecogniser, fake_models


def test_a_photo_knows_its_size() -> None:
    photo = Photo(np.zeros((3, 7, 3), np.float32))
    assert (photo.width, photo.height) == (7, 3)
    assert photo.alpha is None
    assert photo.notices == ()


@pytest.mark.parametrize("side", [40.0, 512.0, 2000.0])
@pytest.mark.parametrize("degrees", [0, 30, 90, 200])
def test_the_native_size_of_a_crop_is_the_side_of_its_square_in_the_photo(side: float, degrees: int) -> None:
    scale, angle = CROP_SIZE / side, math.radians(degrees)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    crop = Crop(np.zeros((CROP_SIZE, CROP_SIZE, 3), np.float32), np.array([[cos, -sin, 5.0], [sin, cos, -9.0]]))
    assert crop.native_size == pytest.approx(side)


def test_options_cannot_be_changed_on_the_way() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        EnhanceOptions().strength = 0.5  # type: ignore[misc]


def test_options_compare_and_hash_by_value() -> None:
    first, second = (EnhanceOptions(face_overrides=((0, 0.0), (2, 0.5))) for _ in range(2))
    assert first == second
    assert len({first, second, EnhanceOptions(), EnhanceOptions(face_overrides=())}) == 2


def test_a_request_may_choose_among_what_is_offered() -> None:
    other, single = FakeRestorer(name="other"), FakeUpscaler(3, name="single")
    models = dataclasses.replace(
        fake_models(), offered_restorers={"other": other}, offered_upscalers={"single": single}
    )
    assert models.chosen(None, None) is models
    changed = models.chosen("other", "single")
    assert (changed.restorer, changed.upscalers) == (other, {3: single})
    assert models.restorer is not other
    with pytest.raises(KeyError):
        models.chosen("missing", None)


def test_names_list_the_models_there_are() -> None:
    assert fake_models().names() == {
        "detector": "fixed-detector",
        "restorer": "fake-restorer",
        "upscaler_x2": "fake-upscaler",
        "upscaler_x4": "fake-upscaler",
    }
    full = dataclasses.replace(fake_models(recogniser=RedRecogniser()), parser=FakeParser())
    assert full.names()["recogniser"] == "red-recogniser"
    assert full.names()["parser"] == "fake-parser"


@pytest.mark.parametrize(("blur", "resolution"), [(0.0, 1000), (0.9, 1000), (1.8, 500), (9.0, 100)])
def test_a_blurred_face_has_less_resolution_than_pixels(blur: float, resolution: float) -> None:
    scale = CROP_SIZE / 1000
    matrix = np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]])
    crop = Crop(np.zeros((CROP_SIZE, CROP_SIZE, 3), np.float32), matrix, blur)
    assert crop.resolution == pytest.approx(resolution)
