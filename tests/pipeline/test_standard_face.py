from __future__ import annotations

import numpy as np
import pytest

from pipeline.face_places import turned_upright
from pipeline.models.roles import Models
from pipeline.run import Run
from pipeline.standard_face import LANDMARKS, WIDTH_OVER_HEIGHT, estimated_face, turn_of
from pipeline.steps.detection import detect
from pipeline.types import Face, Image
from tests.pipeline.fakes import face_in

BOX = np.float32([10, 20, 10 + 100 * WIDTH_OVER_HEIGHT, 120])


def error(face: Face, true: Face) -> float:
    """The mean distance of the landmarks, in heights of the true face's box."""
    return float(np.linalg.norm(face.landmarks - true.landmarks, axis=1).mean() / (true.box[3] - true.box[1]))


def test_the_standard_face_fills_a_box_of_its_proportions() -> None:
    face = estimated_face(BOX, 0)
    assert (face.score, face.landmarks_estimated) == (0, True)
    assert face.box is BOX
    assert face.landmarks.dtype == np.float32
    assert np.allclose(face.landmarks, BOX[:2] + LANDMARKS * (BOX[2:] - BOX[:2]), atol=1e-3)


@pytest.mark.parametrize("wider", [(0, 0, 60, 0), (30, 0, 30, 0), (0, 40, 0, 0), (0, 0, 900, 0), (0, 0, 0, 900)])
def test_in_any_other_box_it_keeps_its_proportions_in_the_middle(wider: tuple[int, ...]) -> None:
    x0, y0, x1, y1 = wider
    box = BOX + np.float32([-x0, -y0, x1, y1])
    face = estimated_face(box, 0)
    shift = (box[:2] + box[2:] - BOX[:2] - BOX[2:]) / 2
    assert np.allclose(face.landmarks, estimated_face(BOX, 0).landmarks + shift, atol=1e-3)
    assert (face.landmarks >= box[:2]).all()
    assert (face.landmarks <= box[2:]).all()


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_in_a_photo_that_lies_on_its_side_the_face_does_too(quarters: int) -> None:
    """The face of the turned photo, turned back, is the face that is estimated in the photo as it is."""
    width, height = 300, 200
    turned = estimated_face(BOX, 0)
    lying = turned_upright(turned, quarters, width, height)
    assert np.allclose(estimated_face(lying.box, quarters).landmarks, lying.landmarks, atol=1e-3)
    assert turn_of([lying]) == quarters
    assert turn_of([lying, turned, lying]) == quarters


def test_without_faces_the_photo_is_taken_to_be_upright() -> None:
    assert turn_of([]) == 0
    assert turn_of([face_in(0, 0, 10, 10)]) == 0


def test_landmarks_in_one_place_tell_no_turn() -> None:
    assert turn_of([Face(BOX, np.zeros((5, 2), np.float32), 0.5)]) == 0


def test_estimated_landmarks_are_near_those_of_a_real_face(astronaut: Image, embedded_models: Models) -> None:
    (face,) = detect(astronaut, embedded_models.detector, Run())
    assert error(estimated_face(face.box, 0), face) < 0.1
    rng = np.random.default_rng(0)
    sides = np.tile(face.box[2:] - face.box[:2], 2)
    for _ in range(20):  # boxes as drawn by hand
        box = (face.box + rng.uniform(-0.1, 0.1, 4) * sides).astype(np.float32)
        assert error(estimated_face(box, 0), face) < 0.15
