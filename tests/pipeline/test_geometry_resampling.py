from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import geometry
from pipeline.geometry import (
    BORDER_COLOR,
    resize,
    warp,
)
from tests.pipeline.geometry_values import quick, similarity
from tests.pipeline.strip_sizes import ONE_PIECE, strips_of


def noise(height: int, width: int, channels: int | None = 3, seed: int = 1) -> npt.NDArray[np.float32]:
    shape = (height, width) if channels is None else (height, width, channels)
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


# --- warp --------------------------------------------------------------------------------------------------------


def test_warp_by_whole_pixels_copies_and_borders_with_the_given_colour() -> None:
    image = noise(8, 10)
    moved = warp(image, similarity(1, 0, 3, 2), (14, 12))
    assert np.abs(moved[2:10, 3:13] - image).max() < 1e-6
    assert np.allclose(moved[0, 0], BORDER_COLOR)
    assert np.allclose(moved[11, 13], BORDER_COLOR)
    assert moved.dtype == np.float32


def test_warp_borders_with_zero_or_the_edge() -> None:
    mask = np.ones((4, 4), np.float32)
    assert warp(mask, similarity(1, 0, 2, 2), (8, 8), border=0.0)[0, 0] == 0
    image = noise(4, 4)
    assert np.allclose(warp(image, similarity(1, 0, 2, 2), (8, 8), border=None)[0, 0], image[0, 0])


def test_warp_of_half_a_pixel_is_the_mean_of_two() -> None:
    image = noise(5, 6)
    moved = warp(image, similarity(1, 0, -0.5, 0), (5, 5))
    assert np.abs(moved - (image[:, :5] + image[:, 1:]) / 2).max() < 1e-6


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("scale", "degrees", "middle"),
    [(2, 15, (35_900, 20)), (0.7, -20, (36_080, 5)), (1, 0, (0, 0)), (1, 40, (18_000, 39))],
    ids=["inside", "right-border", "left-border", "bottom-border"],
)
def test_a_panorama_is_warped_like_the_part_that_is_seen(
    scale: float, degrees: float, middle: tuple[int, int], turned: bool
) -> None:
    """Sides beyond what OpenCV warps; compared with a piece cut out by hand, 400 pixels around what is seen."""
    panorama = noise(40, 36_100)
    start = max(0, middle[0] - 400)
    piece = panorama[:, start : middle[0] + 400]
    matrix = similarity(scale, degrees, 0, 0)
    matrix[:, 2] = 48 - matrix @ (*middle, 0)
    local = matrix.copy()
    local[:, 2] = 48 - matrix @ (middle[0] - start, middle[1], 0)
    if turned:
        panorama, piece = (np.ascontiguousarray(image.transpose(1, 0, 2)) for image in (panorama, piece))
        matrix, local = (m[:, [1, 0, 2]] for m in (matrix, local))
    found = warp(panorama, matrix, (96, 96))
    assert np.abs(found - warp(piece, local, (96, 96))).max() < 0.02
    assert found.std() > 0.05  # it shows the noise, not only the border


def test_a_panorama_of_which_nothing_is_seen_gives_the_border() -> None:
    panorama = np.ones((2, geometry.MAX_WARP_SIDE + 100, 3), np.float32)
    far = similarity(1, 0, -100_000, 500)
    assert np.allclose(warp(panorama, far, (5, 5)), BORDER_COLOR)


# --- resize ------------------------------------------------------------------------------------------------------

sides = st.integers(1, 40)


@quick
@given(height=sides, width=sides, size=st.tuples(sides, sides), grey=st.booleans())
def test_resize_gives_the_exact_size_and_keeps_the_range(
    height: int, width: int, size: tuple[int, int], grey: bool
) -> None:
    image = np.round(noise(height, width, None if grey else 3))  # zeros and ones: the hardest for the range
    before = image.copy()
    result = resize(image, size)
    assert result.shape == (size[1], size[0], *image.shape[2:])
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert 0 <= result.min() <= result.max() <= 1
    assert np.array_equal(image, before)
    assert (result is image) == (image.shape[1::-1] == size)


@quick
@given(height=sides, width=sides, size=st.tuples(sides, sides), value=st.floats(0, 1, width=32))
def test_resize_of_one_colour_stays_that_colour(height: int, width: int, size: tuple[int, int], value: float) -> None:
    assert np.allclose(resize(np.full((height, width, 3), value, np.float32), size), value, atol=1e-5)


@pytest.mark.parametrize(("size", "blocks"), [((10, 4), (3, 2)), ((30, 4), (3, 1)), ((10, 12), (1, 2))])
def test_resize_averages_areas_on_an_axis_that_shrinks(size: tuple[int, int], blocks: tuple[int, int]) -> None:
    image = noise(12, 30)
    rows, columns = 12 // size[1], 30 // size[0]
    expected = image.reshape(size[1], rows, size[0], columns, 3).mean(axis=(1, 3))
    assert np.abs(resize(image, size) - expected).max() < 1e-5


def test_resize_shrinks_one_way_and_grows_the_other() -> None:
    """The axis that shrinks is averaged as if the other were not touched."""
    column = noise(40, 1)
    image = column.repeat(10, axis=1)
    result = resize(image, (25, 8))
    assert np.abs(result - column.reshape(8, 5, 1, 3).mean(axis=1)).max() < 1e-5


def test_resize_to_the_same_size_is_the_same_picture() -> None:
    image = noise(9, 5)
    assert np.array_equal(resize(image, (5, 9)), image)


def test_resize_upwards_keeps_a_smooth_picture() -> None:
    x = np.linspace(0, 1, 32, dtype=np.float32)
    image = np.stack([np.tile(x, (16, 1))] * 3, axis=2)
    result = resize(image, (128, 64))
    expected = np.clip((np.arange(128) + 0.5) / 4 - 0.5, 0, 31) / 31
    assert np.abs(result[32, 16:-16, 0] - expected[16:-16]).max() < 0.005


long_sides = st.integers(1, 300)


@quick
@given(
    height=long_sides,
    width=long_sides,
    size=st.tuples(long_sides, long_sides),
    grey=st.booleans(),
    enlarging=st.sampled_from([cv2.INTER_LANCZOS4, cv2.INTER_CUBIC]),
    pixels=st.integers(1, 30_000),
)
def test_a_picture_resized_in_strips_is_the_same_to_the_bit(
    height: int, width: int, size: tuple[int, int], grey: bool, enlarging: int, pixels: int
) -> None:
    image = noise(height, width, None if grey else 3)
    image[image < 0.5] = 0  # black pixels show the smallest difference
    with strips_of(ONE_PIECE):
        expected = resize(image, size, enlarging=enlarging)
    with strips_of(pixels):
        assert resize(image, size, enlarging=enlarging).tobytes() == expected.tobytes()


def test_resize_is_checked_between_strips_and_may_be_ended_there() -> None:
    checks = []

    def check() -> None:
        checks.append(1)
        if len(checks) == 3:
            raise TimeoutError

    with strips_of(1):
        resize(noise(130, 130), (200, 130), check=lambda: checks.append(0))
        assert len(checks) == 2  # 64 and 66 rows
        checks.clear()
        with pytest.raises(TimeoutError):
            resize(noise(130, 130), (200, 200), check=check)


@quick
@given(
    scale=st.floats(0.3, 4),
    degrees=st.floats(-180, 180),
    x=st.floats(-200, 200),
    y=st.floats(-200, 200),
    rows=st.integers(64, 90),
    grey=st.booleans(),
)
def test_a_warp_in_strips_is_the_same_to_the_bit(
    scale: float, degrees: float, x: float, y: float, rows: int, grey: bool
) -> None:
    image, matrix = noise(60, 70, None if grey else 3), similarity(scale, degrees, x, y)
    whole = warp(image, matrix, (101, 3 * rows), border=None)
    for top in range(0, 3 * rows, rows):
        part = matrix.copy()
        part[1, 2] -= top
        assert warp(image, part, (101, rows), border=None).tobytes() == whole[top : top + rows].tobytes()
