from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec.transparency import spread_colors
from pipeline.types import FloatArray, Image


def spread(image: Image, alpha: FloatArray) -> Image:
    result = image.copy()
    spread_colors(result, alpha)
    return result


def picture(height: int, width: int, seed: int = 0) -> tuple[Image, FloatArray]:
    """Noise of which about half is hidden."""
    random = np.random.default_rng(seed)
    image = random.random((height, width, 3), dtype=np.float32)
    return image, (random.integers(0, 3, (height, width)) / 2).clip(0, 1).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_visible_pixels_stay_and_hidden_ones_get_visible_colors(height: int, width: int, seed: int) -> None:
    image, alpha = picture(height, width, seed)
    visible = alpha > 0
    result = spread(image, alpha)
    assert np.array_equal(result[visible], image[visible])
    if not visible.any():
        assert np.array_equal(result, image)
    else:
        assert (result >= image[visible].min(axis=0) - 1e-6).all()
        assert (result <= image[visible].max(axis=0) + 1e-6).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 700), (700, 1), (513, 37), (600, 601)])
def test_what_is_hidden_has_no_influence(height: int, width: int) -> None:
    image, alpha = picture(height, width)
    alpha[0, 0] = 1
    other = np.where(alpha[..., None] > 0, image, np.float32(0.123))
    assert np.array_equal(spread(image, alpha), spread(other, alpha))


@pytest.mark.parametrize("side", [64, 65, 600])
def test_a_hidden_pixel_is_like_the_visible_ones_next_to_it(side: int) -> None:
    """Also where the bands of rows meet that it is done in."""
    ramp = np.linspace(0, 1, side, dtype=np.float32)
    image = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.float32(0.5)), axis=2)
    alpha = np.ones((side, side), np.float32)
    alpha[1::2, ::3] = 0
    hidden = np.where(alpha[..., None] > 0, image, np.float32(1))
    assert np.abs(spread(np.ascontiguousarray(hidden), alpha) - image).max() < 1.6 / (side - 1)


def test_a_pixel_counts_as_much_as_it_is_seen() -> None:
    image = np.zeros((2, 2, 3), np.float32)
    alpha = np.zeros((2, 2), np.float32)
    image[0, 0], alpha[0, 0] = (0.8, 0.1, 0.2), 1
    image[1, 0], alpha[1, 0] = (0, 1, 1), 1 / 255  # as an editor leaves it that rounds premultiplied colours
    assert np.abs(spread(image, alpha)[:, 1] - image[0, 0]).max() < 1 / 255
    assert np.array_equal(spread(image, alpha)[:, 0], image[:, 0])
