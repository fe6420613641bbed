from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled
from pipeline.geometry import BORDER_COLOR, FFHQ_512_TEMPLATE, invert, scaled, transform_points
from pipeline.run import Run
from pipeline.steps.alignment import MIN_EYE_DISTANCE, align, eye_distance
from pipeline.types import CROP_SIZE, Crop, Face, FloatArray, Image
from tests.pipeline.fakes import face_in, shifted


def slopes(height: int, width: int) -> Image:
    """A picture whose red tells the column and whose green the row."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([columns / width, rows / height, np.full_like(rows, 0.25)], axis=2)


def turned(face: Face, degrees: float, about: FloatArray) -> Face:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    return replace(face, landmarks=((face.landmarks - about) @ turn + about).astype(np.float32))


def aligned(image: Image, face: Face) -> Crop:
    (crop,) = align(image, [face], Run())
    assert crop is not None
    return crop


@settings(max_examples=25, deadline=None)
@given(
    side=st.floats(40, 600),
    degrees=st.floats(-180, 180),
    x=st.floats(-50, 250),
    y=st.floats(-50, 250),
)
def test_landmarks_land_on_the_template(side: float, degrees: float, x: float, y: float) -> None:
    face = face_in(x, y, x + side, y + side)
    face = turned(face, degrees, face.landmarks.mean(axis=0))
    crop = aligned(slopes(300, 320), face)
    assert np.abs(transform_points(face.landmarks, crop.affine_matrix) - FFHQ_512_TEMPLATE).max() < 0.1
    assert crop.native_size == pytest.approx(side, rel=1e-3)
    assert crop.image.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert crop.image.dtype == np.float32


@pytest.mark.parametrize("degrees", [0, 20, -45, 180])
def test_the_crop_shows_the_photo_where_its_matrix_says(degrees: float) -> None:
    face = turned(face_in(100, 80, 300, 280), degrees, np.array([200, 180], np.float32))
    crop = aligned(slopes(400, 420), face)
    grid = np.mgrid[0:CROP_SIZE, 0:CROP_SIZE].astype(np.float32)
    positions = transform_points(np.stack([grid[1].ravel(), grid[0].ravel()], axis=1), invert(crop.affine_matrix))
    expected = (positions / (420, 400)).reshape(CROP_SIZE, CROP_SIZE, 2)
    inside = ((expected > 0.01) & (expected < 0.99)).all(axis=2)
    assert inside.mean() > 0.9
    assert np.abs(crop.image[..., :2] - expected)[inside].max() < 2e-3


def test_a_crop_placed_in_the_photo_is_that_crop() -> None:
    """A known picture enlarged by a whole number: the crop equals it at the blocks' centres."""
    content = np.random.default_rng(3).random((128, 128, 3), dtype=np.float32)
    photo = np.zeros((200, 220, 3), np.float32)
    photo[30:158, 40:168] = content
    to_photo = scaled(np.array([[1.0, 0, 0], [0, 1.0, 0]]), 0.25, 0.25)
    landmarks = transform_points(FFHQ_512_TEMPLATE, to_photo) + np.array([40, 30], np.float32)
    crop = aligned(photo, replace(face_in(40, 30, 168, 158), landmarks=landmarks))
    blocks = crop.image.reshape(128, 4, 128, 4, 3)[:, 1:3, :, 1:3].mean(axis=(1, 3))
    centre = blocks[4:-4, 4:-4]
    # The four pixels round a block's centre lie 1/8 of a photo pixel away from it: linear interpolation is known.
    padded = photo[29:159, 39:169]
    smooth = 0.875 * padded[1:-1] + 0.0625 * (padded[:-2] + padded[2:])
    expected = 0.875 * smooth[:, 1:-1] + 0.0625 * (smooth[:, :-2] + smooth[:, 2:])
    assert np.abs(centre - expected[4:-4, 4:-4]).max() < 0.03


def test_eyes_that_are_too_close_give_none() -> None:
    face = face_in(10, 10, 30, 30)
    assert eye_distance(face) < MIN_EYE_DISTANCE
    assert align(slopes(40, 40), [face], Run()) == [None]


@pytest.mark.parametrize(("distance", "taken"), [(MIN_EYE_DISTANCE - 0.01, False), (MIN_EYE_DISTANCE + 0.01, True)])
def test_the_limit_is_the_distance_of_the_eyes(distance: float, taken: bool) -> None:
    side = distance / float(eye_distance(face_in(0, 0, 1, 1)))
    (crop,) = align(slopes(60, 60), [face_in(5, 5, 5 + side, 5 + side)], Run())
    assert (crop is not None) is taken


def test_landmarks_that_are_no_numbers_give_none() -> None:
    face = replace(face_in(10, 10, 90, 90), landmarks=np.full((5, 2), np.nan, np.float32))
    assert align(slopes(100, 100), [face], Run()) == [None]


def test_faces_keep_their_order_round_one_that_cannot_be_aligned() -> None:
    faces = [face_in(200, 20, 280, 100), face_in(10, 10, 20, 20), face_in(20, 100, 100, 180)]
    first, second, third = align(slopes(300, 300), faces, Run())
    assert second is None
    assert first is not None
    assert third is not None
    assert first.image[256, 256, 0] > third.image[256, 256, 0]
    assert first.image[256, 256, 1] < third.image[256, 256, 1]


@pytest.mark.parametrize(("x", "y"), [(-60, 40), (240, 40), (100, -60), (100, 240)])
def test_what_lies_outside_the_photo_is_the_grey_of_training(x: float, y: float) -> None:
    white = np.ones((300, 300, 3), np.float32)
    image = aligned(white, face_in(x, y, x + 120, y + 120)).image
    is_grey = np.abs(image - np.array(BORDER_COLOR, np.float32)).max(axis=2) < 1e-3
    is_white = (image == 1).all(axis=2)
    assert 0.4 < is_grey.mean() < 0.6
    assert is_grey.mean() + is_white.mean() > 0.98


def test_a_face_moved_by_whole_pixels_gives_the_same_crop() -> None:
    photo = np.random.default_rng(2).random((150, 150, 3), dtype=np.float32)
    moved = np.zeros((200, 200, 3), np.float32)
    moved[17:167, 31:181] = photo
    face = face_in(40, 40, 104, 104)
    difference = np.abs(aligned(photo, face).image - aligned(moved, shifted(face, 31, 17)).image)
    assert difference.max() < 0.03


def test_alignment_stops_after_the_face_at_which_it_was_cancelled() -> None:
    heard = []

    def listen(stage: str, fraction: float) -> None:
        heard.append(fraction)
        if fraction > 0:
            run.cancelled.set()

    run = Run(on_progress=listen)
    faces = [face_in(10, 10, 90, 90)] * 4
    with pytest.raises(Cancelled), run.stage("alignment"):
        align(slopes(100, 100), faces, run)
    assert heard == [0.0, 0.25]


def test_no_faces_no_crops() -> None:
    assert align(slopes(10, 10), [], Run()) == []
