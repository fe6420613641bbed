from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import (
    FFHQ_512_TEMPLATE,
    Matrix,
    bounded_size,
    clip_image,
    invert,
    reflect_indices,
    scaled,
    similarity_transform,
    transform_points,
    warp,
)
from pipeline.types import FloatArray, Image
from tests.pipeline.geometry_values import quick, similarity

floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
similarities = st.builds(
    similarity,
    scale=st.floats(0.05, 20),
    degrees=st.floats(-180, 180),
    x=st.floats(-3000, 3000),
    y=st.floats(-3000, 3000),
)


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
