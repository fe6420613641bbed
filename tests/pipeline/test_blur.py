"""The measured blur against the blur that was applied."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.blur import face_blur
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.detection import detect
from pipeline.types import CROP_SIZE, Image


@pytest.fixture(scope="module")
def face(astronaut: Image, embedded_models: Models) -> Image:
    """The aligned face of the astronaut at 128 px, in which it has been sharp."""
    (found,) = detect(astronaut, embedded_models.detector, Run())[:1]
    (crop,) = align(astronaut, [found], Run())
    assert crop is not None
    return np.asarray(cv2.resize(crop.image, (128, 128), interpolation=cv2.INTER_AREA))


def blurred(image: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)) if sigma else image


@pytest.mark.parametrize("noise", [0.0, 5.0])
@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0, 4.0])
def test_it_finds_the_blur_that_was_applied(face: Image, sigma: float, noise: float) -> None:
    rng = np.random.default_rng(0)
    noisy = blurred(face, sigma) + rng.normal(0, noise / 255, face.shape).astype(np.float32)
    assert face_blur(np.clip(noisy, 0, 1)) == pytest.approx(sigma, abs=0.25 * sigma + 0.2)


def test_a_sharp_face_has_next_to_no_blur_at_any_size(face: Image) -> None:
    for side in (32, 64, 96, 128):
        assert face_blur(np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA))) < 0.9


def test_an_enlarged_face_is_blurred_by_as_much(face: Image) -> None:
    small = blurred(face, 1.5)
    large = np.asarray(cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC))
    assert face_blur(large) == pytest.approx(4 * face_blur(small), rel=0.2)


def test_half_as_much_blur_again_is_more(face: Image) -> None:
    found = [face_blur(blurred(face, 0.5 * 1.5**step)) for step in range(7)]
    assert found == sorted(found)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_face_without_edges_has_no_blur(level: float) -> None:
    assert face_blur(np.full((64, 64, 3), level, np.float32)) == 0


@given(arrays.arrays(np.float32, (24, 24, 3), elements=st.floats(0, 1, width=32)))
def test_it_is_a_number_for_any_picture(image: Image) -> None:
    assert 0 <= face_blur(image) < 100
