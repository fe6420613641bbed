from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import geometry
from pipeline.geometry import (
    BORDER_COLOR,
    FFHQ_512_TEMPLATE,
    Matrix,
    bounded_size,
    clip_image,
    invert,
    reflect_indices,
    resize,
    scaled,
    similarity_transform,
    transform_points,
    warp,
)
from pipeline.types import FloatArray, Image

quick = settings(max_examples=40, deadline=None)
floats = st.floats(allow_nan=False, allow_infinity=False, width=32)


def similarity(scale: float, degrees: float, x: float, y: float) -> Matrix:
    cos, sin = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return np.array([[cos, -sin, x], [sin, cos, y]])


similarities = st.builds(
    similarity,
    scale=st.floats(0.05, 20),
    degrees=st.floats(-180, 180),
    x=st.floats(-3000, 3000),
    y=st.floats(-3000, 3000),
)


def noise(height: int, width: int, channels: int | None = 3, seed: int = 1) -> npt.NDArray[np.float32]:
    shape = (height, width) if channels is None else (height, width, channels)
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


# --- matrices ----------------------------------------------------------------------------------------------------


@quick
@given(matrix=similarities)
def test_a_similarity_is_recovered_from_five_points(matrix: Matrix) -> None:
    found = similarity_transform(FFHQ_512_TEMPLATE, transform_points(FFHQ_512_TEMPLATE, matrix))
    assert found is not None
    moved = FFHQ_512_TEMPLATE @ found[:, :2].T + found[:, 2]
    expected = FFHQ_512_TEMPLATE @ matrix[:, :2].T + matrix[:, 2]
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    assert np.abs(moved - expected).max() < 2e-3 * max(1, scale)
    assert found[0, 0] == found[1, 1]
    assert found[0, 1] == -found[1, 0]


@pytest.mark.parametrize("wrong", range(5))
def test_one_wrong_point_of_five_does_not_pull_the_face_away(wrong: int) -> None:
    matrix = similarity(0.4, 12, 80, 40)
    points = transform_points(FFHQ_512_TEMPLATE, matrix)
    points[wrong] += (60, -45)
    found = similarity_transform(FFHQ_512_TEMPLATE, points)
    assert found is not None
    others = [index for index in range(5) if index != wrong]
    moved = transform_points(FFHQ_512_TEMPLATE, found)
    assert np.abs(moved - points)[others].max() < 1


@pytest.mark.parametrize(
    "points",
    [np.zeros((5, 2)), np.full((5, 2), 300.5), np.full((5, 2), np.nan), np.full((5, 2), np.inf)],
    ids=["zero", "one-spot", "nan", "infinite"],
)
def test_points_that_allow_no_similarity_give_none(points: FloatArray) -> None:
    assert similarity_transform(points.astype(np.float32), FFHQ_512_TEMPLATE) is None


def test_a_target_in_one_spot_gives_none() -> None:
    assert similarity_transform(FFHQ_512_TEMPLATE, np.full((5, 2), 7, np.float32)) is None


def test_the_same_points_give_the_same_matrix_every_time() -> None:
    points = FFHQ_512_TEMPLATE + np.random.default_rng(5).normal(0, 4, (5, 2)).astype(np.float32)
    first, second = (similarity_transform(points, FFHQ_512_TEMPLATE) for _ in range(2))
    assert first is not None
    assert np.array_equal(first, second)


@quick
@given(matrix=similarities, x=st.floats(-1000, 1000), y=st.floats(-1000, 1000))
def test_the_inverse_leads_back(matrix: Matrix, x: float, y: float) -> None:
    point = np.array([[x, y]])
    there = point @ matrix[:, :2].T + matrix[:, 2]
    inverse = invert(matrix)
    assert np.allclose(there @ inverse[:, :2].T + inverse[:, 2], point, atol=1e-6)


@quick
@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    factors=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_scaled_keeps_pixel_areas_in_place(size: tuple[int, int], factors: tuple[int, int]) -> None:
    """Each pixel of the small picture becomes a block; its centre goes to the mean of the block's centres."""
    identity = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    matrix = scaled(identity, *factors)
    for axis, (length, factor) in enumerate(zip(size, factors, strict=True)):
        blocks = np.arange(length * factor).reshape(length, factor)
        points = np.zeros((length, 2), np.float32)
        points[:, axis] = np.arange(length)
        assert np.allclose(transform_points(points, matrix)[:, axis], blocks.mean(axis=1), atol=1e-4)


def test_scaled_warps_like_repeating_pixels() -> None:
    """On a picture of even slopes, warping with an enlarged matrix equals enlarging the warped picture."""
    ramp = np.add.outer(np.arange(20, dtype=np.float32), 2 * np.arange(30, dtype=np.float32)) / 100
    image = ramp[..., None].repeat(3, axis=2)
    large = warp(image, scaled(similarity(1, 0, 0, 0), 3, 2), (90, 40), border=None)
    averaged = large.reshape(20, 2, 30, 3, 3).mean(axis=(1, 3))
    assert np.abs(averaged - image)[1:-1, 1:-1].max() < 1e-3


def test_scaled_leaves_its_argument_alone() -> None:
    matrix = similarity(2, 20, 3, 4)
    before = matrix.copy()
    scaled(matrix, 2, 3)
    assert np.array_equal(matrix, before)


def test_points_move_as_complex_numbers_do() -> None:
    moved = transform_points(np.array([[1, 0], [0, 1], [0, 0]], np.float32), similarity(2, 90, 10, 20))
    assert np.allclose(moved, [[10, 22], [8, 20], [10, 20]], atol=1e-5)
    assert moved.dtype == np.float32


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


# --- sizes, reflection, range ------------------------------------------------------------------------------------


@given(width=st.integers(1, 50_000), height=st.integers(1, 50_000), side=st.integers(1, 4096))
def test_a_bounded_size_fits_and_never_grows(width: int, height: int, side: int) -> None:
    small = bounded_size(width, height, side)
    assert max(small) <= max(side, 1)
    assert small[0] <= width
    assert small[1] <= height
    assert min(small) >= 1
    if max(width, height) <= side:
        assert small == (width, height)
    else:
        assert max(small) == side
        assert abs(small[0] - width * side / max(width, height)) <= 1


@given(length=st.integers(1, 30), before=st.integers(0, 80), after=st.integers(0, 80))
def test_reflected_indices_are_those_of_numpys_reflecting_pad(length: int, before: int, after: int) -> None:
    expected = np.pad(np.arange(length), (before, after), mode="reflect")
    assert np.array_equal(reflect_indices(-before, length + after, length), expected)


@given(length=st.integers(1, 30), start=st.integers(0, 29), stop=st.integers(0, 29))
def test_indices_inside_are_left_as_they_are(length: int, start: int, stop: int) -> None:
    start, stop = min(start, length), min(max(start, stop), length)
    assert np.array_equal(reflect_indices(start, stop, length), np.arange(start, max(start, stop)))


def test_clip_image_clips_and_copies() -> None:
    image: Image = np.asfortranarray(np.array([[[-0.5, 0.5, 1.5]]], np.float32))
    clipped = clip_image(image)
    assert clipped.tolist() == [[[0.0, 0.5, 1.0]]]
    assert clipped.flags.c_contiguous
    assert image.min() == -0.5
