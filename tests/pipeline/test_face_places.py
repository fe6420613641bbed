from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.face_places import TURNS, enlarged, inside, left_to_right, moved, overlap, turned_upright
from tests.pipeline.fakes import face_in

BOXES = st.tuples(*[st.integers(0, 100)] * 4).map(lambda b: np.float32([b[0], b[1], b[0] + b[2], b[1] + b[3]]))


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ((0, 0, 10, 20), 1),
        ((5, 0, 15, 20), 1 / 3),
        ((0, 0, 10, 5), 1 / 4),
        ((10, 0, 20, 20), 0),
        ((30, 30, 40, 40), 0),
        ((5, 5, 5, 5), 0),
    ],
)
def test_the_overlap_is_intersection_over_union(second: tuple[int, ...], expected: float) -> None:
    assert overlap(np.float32([0, 0, 10, 20]), np.float32(second)) == pytest.approx(expected)


@given(BOXES, BOXES)
def test_the_overlap_is_symmetric_and_a_part(first: np.ndarray, second: np.ndarray) -> None:
    assert overlap(first, second) == overlap(second, first)
    assert 0 <= overlap(first, second) <= 1


def test_two_boxes_without_an_area_do_not_overlap() -> None:
    assert overlap(np.float32([3, 3, 3, 3]), np.float32([3, 3, 3, 3])) == 0


@pytest.mark.parametrize("quarters", TURNS)
def test_a_face_of_a_turned_image_is_turned_upright(quarters: int) -> None:
    face = face_in(3, 4, 13, 24)
    found = face
    for _ in range(4):  # four equal turns of a square image lead back
        found = turned_upright(found, quarters, 50, 50)
    assert np.allclose(found.box, face.box)
    assert np.allclose(found.landmarks, face.landmarks)


def test_a_pixel_of_a_turned_image_is_the_same_pixel() -> None:
    image = np.arange(30 * 20).reshape(30, 20)
    for quarters in TURNS:
        face = turned_upright(face_in(1, 2, 6, 9), quarters, 20, 30)
        x0, y0, x1, y1 = face.box.astype(int)
        turned = np.rot90(image, quarters)
        assert {*image[[y0, y0, y1, y1], [x0, x1, x0, x1]]} == {*turned[[2, 2, 9, 9], [1, 6, 1, 6]]}


def test_enlarging_keeps_the_areas_of_pixels() -> None:
    face = enlarged(face_in(0, 0, 9, 4), 4, 2)
    assert face.box.tolist() == [1.5, 0.5, 37.5, 8.5]
    assert face.box.dtype == face.landmarks.dtype == np.float32


def test_a_moved_face_keeps_its_shape() -> None:
    face = face_in(5, 6, 25, 36)
    there = moved(face, 10, -2.5)
    assert there.box.tolist() == [15, 3.5, 35, 33.5]
    assert np.allclose(there.landmarks, face.landmarks + np.float32([10, -2.5]))


def test_a_box_is_cut_at_the_border_and_landmarks_are_not() -> None:
    face = inside(face_in(-20, 10, 60, 70), 40, 50)
    assert face.box.tolist() == [0, 10, 39, 49]
    assert np.array_equal(face.landmarks, face_in(-20, 10, 60, 70).landmarks)


def test_faces_are_counted_from_left_to_right() -> None:
    faces = [face_in(x, 0, x + 10, 10) for x in (40, 0, 20)]
    again = [replace(face, score=0.5) for face in faces]
    ordered = left_to_right([*faces, *again])
    assert [face.box[0] for face in ordered] == [0, 0, 20, 20, 40, 40]
    assert [face.score for face in ordered] == [0.9, 0.5] * 3  # equal ones in the order in which they came
