from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from metrics.ssim import ssim

scikit_image: Callable[..., float] = structural_similarity


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 30), st.integers(3, 300), st.integers(0, 2**32 - 1))
def test_agrees_with_scikit_image_on_the_whole(width: int, height: int, seed: int) -> None:
    first, noise = np.random.default_rng(seed).random((2, height, width, 3), np.float32)
    second = np.clip(first + 0.2 * noise, 0, 1)
    window = min(7, *(side if side % 2 else side - 1 for side in (width, height)))
    whole = scikit_image(first, second, win_size=window, data_range=1, channel_axis=-1)
    assert ssim(first, second) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("side", [3, 4, 6, 7, 8, 127, 128, 129, 134, 135, 263])
def test_equal_images_have_one(side: int) -> None:
    image = np.random.default_rng(side).random((side, 9, 3), np.float32)
    assert ssim(image, image) == pytest.approx(1, abs=1e-5)
    assert ssim(image.transpose(1, 0, 2), image.transpose(1, 0, 2)) == pytest.approx(1, abs=1e-5)


def test_falls_with_damage() -> None:
    image = np.random.default_rng(0).random((40, 40, 3), np.float32)
    noise = np.random.default_rng(1).normal(size=image.shape).astype(np.float32)
    values = [ssim(np.clip(image + strength * noise, 0, 1), image) for strength in (0.02, 0.1, 0.5)]
    assert all(value is not None for value in values)
    assert values == sorted(values, key=lambda value: -(value or 0))


def test_inverted_image_is_negative() -> None:
    image = np.random.default_rng(0).random((40, 40, 3), np.float32)
    value = ssim(1 - image, image)
    assert value is not None
    assert -1 <= value < 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 50, 3), (50, 2, 3)])
def test_too_small(shape: tuple[int, int, int]) -> None:
    assert ssim(np.zeros(shape, np.float32), np.ones(shape, np.float32)) is None


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shape"):
        ssim(np.zeros((8, 8, 3), np.float32), np.zeros((8, 9, 3), np.float32))
