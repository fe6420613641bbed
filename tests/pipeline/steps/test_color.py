from __future__ import annotations

import time

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from metrics.psnr import psnr
from pipeline.steps.color import MAX_GAIN, correct
from pipeline.types import Image
from tests.pipeline.strip_sizes import ONE_PIECE, strips_of

PHOTOS: dict[str, Image] = {
    name: (getattr(skimage.data, name)() / 255).astype(np.float32) for name in ("astronaut", "coffee", "rocket")
}


def faded(photo: Image, cast: tuple[float, float, float] = (1, 1, 1)) -> Image:
    """The photo with its tones squeezed into [0.35, 0.75] and its channels weakened."""
    weakened: Image = (np.float32(0.35) + np.float32(0.4) * photo) * np.array(cast, np.float32)
    return weakened


def likeness(first: Image, second: Image) -> float:
    value = psnr(first, second)
    assert value is not None
    return value


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_good_photo_hardly_changes(name: str) -> None:
    photo = PHOTOS[name]
    assert np.abs(correct(photo) - photo).mean() * 255 < 2


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize(("cast", "gained"), [((1, 1, 1), 15), ((1, 0.97, 0.8), 7)], ids=["grey", "yellow"])
def test_faded_photo_comes_nearer_to_the_original(name: str, cast: tuple[float, float, float], gained: float) -> None:
    photo = PHOTOS[name]
    before = faded(photo, cast)
    assert likeness(correct(before), photo) > likeness(before, photo) + gained


def test_cast_is_taken_back() -> None:
    photo = PHOTOS["astronaut"]
    before = faded(photo, (1, 0.95, 0.7))
    tint = np.ptp(photo.mean(axis=(0, 1)))
    assert abs(np.ptp(correct(before).mean(axis=(0, 1))) - tint) < abs(np.ptp(before.mean(axis=(0, 1))) - tint) / 2


def test_full_range_keeps_a_strong_color() -> None:
    """A sunset: dark to bright, and nothing neutral in it."""
    tones = np.linspace(0, 1, 64, dtype=np.float32)[np.newaxis, :, np.newaxis]
    sunset = np.repeat(tones, 64, axis=0) * np.array([1.0, 0.9, 0.6], np.float32)
    np.testing.assert_array_equal(correct(sunset), sunset)


@pytest.mark.parametrize("color", [(0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.5), (0.9, 0.2, 0.0)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (64, 3)])
def test_constant_image_is_unchanged(color: tuple[float, float, float], shape: tuple[int, int]) -> None:
    image = np.broadcast_to(np.array(color, np.float32), (*shape, 3)).copy()
    np.testing.assert_array_equal(correct(image), image)


def test_grey_photo_stays_grey() -> None:
    grey = np.repeat(faded(PHOTOS["astronaut"]).mean(axis=2, keepdims=True), 3, axis=2)
    result = correct(grey)
    assert np.ptp(result, axis=2).max() < 1e-5
    assert np.ptp(result) > 0.95


def test_specks_do_not_hinder() -> None:
    before = faded(PHOTOS["astronaut"])
    before[:20, 0], before[:20, 1] = 0, 1
    assert np.ptp(np.percentile(correct(before), (1, 99))) > 0.9


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_any_image_stays_in_range(image: Image) -> None:
    given_image = image.copy()
    image.flags.writeable = False
    result = correct(image)
    assert result.shape == image.shape
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert 0 <= result.min() <= result.max() <= 1  # false for NaN too
    np.testing.assert_array_equal(image, given_image)
    np.testing.assert_array_equal(correct(image), result)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 0.8), st.floats(0.03, 0.2))
def test_gain_is_bounded(low: float, span: float) -> None:
    ramp = np.linspace(low, low + span, 100, dtype=np.float32)
    image = np.repeat(ramp.reshape(10, 10, 1), 3, axis=2)
    assert np.ptp(correct(image)) <= np.ptp(image) * MAX_GAIN * 1.001


def test_is_fast() -> None:
    image = faded(np.random.default_rng(1).random((1000, 1000, 3), np.float32))
    durations = []
    for _ in range(3):
        start = time.perf_counter()
        correct(image)
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.1


@settings(max_examples=20, deadline=None)
@given(rows=st.integers(1, 512), pixels=st.integers(1, 200_000))
def test_a_photo_corrected_in_strips_is_the_same_to_the_bit(rows: int, pixels: int) -> None:
    photo = faded(PHOTOS["astronaut"], (1, 0.9, 0.7))[:rows]
    checks: list[int] = []
    with strips_of(ONE_PIECE):
        expected = correct(photo)
    with strips_of(pixels):
        assert correct(photo, lambda: checks.append(1)).tobytes() == expected.tobytes()
    assert len(checks) >= 1 or expected is photo
