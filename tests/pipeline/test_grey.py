from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.grey import is_grey, to_grey
from pipeline.types import Image
from tests.pipeline.strip_sizes import ONE_PIECE, strips_of


def grey(height: int = 200, width: int = 9) -> Image:
    levels = np.random.default_rng(5).integers(10, 240, (height, width, 1))
    return (levels.repeat(3, axis=2) / 255).astype(np.float32)


@pytest.mark.parametrize("row", [0, 63, 64, 199])
@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("difference", [-3, -2, 2, 3])
def test_two_levels_in_one_pixel_are_grey_and_three_are_not(row: int, channel: int, difference: int) -> None:
    image = grey()
    image[row, 4, channel] += difference / 255
    assert is_grey(image) == (abs(difference) < 3)


def test_channels_that_are_two_levels_up_and_two_down_are_not_grey() -> None:
    assert not is_grey(grey() + np.array([2, 0, -2], np.float32) / 255)


def test_sepia_is_not_grey() -> None:
    assert not is_grey(grey() * np.array([1, 0.85, 0.7], np.float32))


@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3))
def test_the_luma_is_that_of_bt_601_and_equal_channels_keep_their_value(color: list[float]) -> None:
    image = np.array([[color, [color[0]] * 3]], np.float32)
    before = image.copy()
    found = to_grey(image)
    assert np.array_equal(image, before)
    assert found.shape == image.shape
    assert np.ptp(found, axis=2).max() == 0
    assert found[0, :, 0] == pytest.approx([np.dot(color, [0.299, 0.587, 0.114]), color[0]], abs=1e-6)
    assert 0 <= found.min() <= found.max() <= 1


def test_the_result_may_be_written_into_the_image() -> None:
    image = np.random.default_rng(6).random((5, 4, 3), dtype=np.float32)
    expected = to_grey(image)
    assert np.shares_memory(to_grey(image, out=image), image)
    assert np.array_equal(image, expected)


@given(height=st.integers(1, 200), width=st.integers(1, 40), pixels=st.integers(1, 4000))
def test_the_luma_in_strips_is_the_same_to_the_bit(height: int, width: int, pixels: int) -> None:
    image = np.random.default_rng(7).random((height, width, 3), dtype=np.float32)
    with strips_of(ONE_PIECE):
        expected = to_grey(image)
    with strips_of(pixels):
        assert to_grey(image).tobytes() == expected.tobytes()
        assert to_grey(image, out=image).tobytes() == expected.tobytes()
