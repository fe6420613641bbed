from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio

from metrics.psnr import psnr

scikit_image: Callable[..., float] = peak_signal_noise_ratio


@pytest.mark.parametrize(("difference", "decibels"), [(1.0, 0.0), (0.1, 20.0), (0.01, 40.0)])
def test_known_values(difference: float, decibels: float) -> None:
    target = np.zeros((5, 4, 3), np.float32)
    value = psnr(target + np.float32(difference), target)
    assert value == pytest.approx(decibels, abs=1e-4)


def test_equal_images_have_none() -> None:
    image = np.random.default_rng(0).random((9, 9, 3), np.float32)
    assert psnr(image, image.copy()) is None


def test_vanishing_difference_is_no_infinity() -> None:
    target = np.zeros((4, 4, 3), np.float32)
    assert psnr(target + np.float32(1e-30), target) is None
    smallest = psnr(target + np.float32(1e-20), target)
    assert smallest is not None
    assert math.isfinite(smallest)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="dimensions"):
        psnr(np.zeros((4, 4, 3), np.float32), np.zeros((4, 5, 3), np.float32))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_agrees_with_scikit_image(width: int, height: int, seed: int) -> None:
    first, second = np.random.default_rng(seed).random((2, height, width, 3), np.float32)
    assert psnr(first, second) == pytest.approx(scikit_image(second, first, data_range=1), abs=1e-4)
