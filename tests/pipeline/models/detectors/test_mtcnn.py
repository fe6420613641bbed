from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Cancelled, ModelUnavailable
from pipeline.geometry import resize, transform_points, warp
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR, read_state_dict
from pipeline.models.detectors.mtcnn import MtcnnDetector
from pipeline.models.runtime.runtime import Runtime
from pipeline.run import Run
from pipeline.steps.detection import detect
from pipeline.types import Face, FloatArray, Image
from training.faces import LANDMARKS

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = Runtime(torch.device("cpu"), torch.bfloat16, tile=64, max_batch=1)

(ROW,) = (model for model in REGISTRY if model.name == "mtcnn")
# The astronaut's landmarks as RetinaFace-MobileNet0.25 finds them.
TRUE: FloatArray = np.array(LANDMARKS["astronaut"][0], dtype=np.float32)
EYES = float(np.linalg.norm(TRUE[1] - TRUE[0]))  # pixels between them


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return read_state_dict(ROW, EMBEDDED_DIR)


@pytest.fixture(scope="module")
def detector(state: dict[str, Any]) -> MtcnnDetector:
    return MtcnnDetector("mtcnn", state, FP32)


def faces_of(detector: MtcnnDetector, image: Image) -> list[Face]:
    return detector.detect(image, Run().check)


def photo(name: str) -> Image:
    pixels = getattr(skimage.data, name)()
    if pixels.ndim == 2:
        pixels = pixels[..., None].repeat(3, axis=2)
    return np.ascontiguousarray(pixels[..., :3], dtype=np.float32) / np.float32(255)


def off(face: Face, expected: FloatArray) -> float:
    """The error of the worst landmark, divided by the expected distance of the eyes."""
    eyes = np.linalg.norm(expected[1] - expected[0])
    return float(np.linalg.norm(face.landmarks - expected, axis=1).max() / eyes)


def same(first: list[Face], second: list[Face]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a.box, b.box) and np.array_equal(a.landmarks, b.landmarks) and a.score == b.score
        for a, b in zip(first, second, strict=True)
    )


# --- what is found -----------------------------------------------------------------------------------------------


def test_the_astronaut_is_found_with_landmarks_where_they_are(detector: MtcnnDetector, astronaut: Image) -> None:
    (face,) = faces_of(detector, astronaut)
    assert off(face, TRUE) < 0.1
    assert not face.landmarks_estimated
    assert face.score > 0.99
    x0, y0, x1, y1 = face.box
    assert ((face.landmarks > (x0, y0)) & (face.landmarks < (x1, y1))).all()
    assert 1.8 * EYES < x1 - x0 < 3 * EYES
    assert face.box.dtype == face.landmarks.dtype == np.float32


def test_a_degraded_face_is_found_too(detector: MtcnnDetector, degraded_astronaut: Image) -> None:
    (face,) = faces_of(detector, degraded_astronaut)
    assert off(face, (TRUE - 0.5) / 2) < 0.12


@settings(max_examples=12, deadline=None)
@given(factor=st.floats(0.22, 2.5), degrees=st.floats(-30, 30))
def test_a_face_is_found_at_every_size_and_tilt(factor: float, degrees: float) -> None:
    """From a box of 22 pixels to one of 250."""
    astronaut = photo("astronaut")
    small = resize(astronaut, (round(512 * factor), round(512 * factor)))
    middle = (small.shape[1] - 1) / 2
    matrix = np.asarray(cv2.getRotationMatrix2D((middle, middle), degrees, 1), dtype=np.float64)
    turned = warp(small, matrix, (small.shape[1], small.shape[0]), border=None)
    expected = transform_points((TRUE + np.float32(0.5)) * np.float32(small.shape[1] / 512) - np.float32(0.5), matrix)
    detector = MtcnnDetector("mtcnn", read_state_dict(ROW, EMBEDDED_DIR), FP32)
    found = faces_of(detector, turned)
    assert min(off(face, expected) for face in found) < 0.2


@pytest.mark.parametrize("share", [0.35, 0.5])
def test_a_face_half_outside_the_photo_is_found(share: float, detector: MtcnnDetector, astronaut: Image) -> None:
    edge = 180 + round(share * 90)  # her face spans columns 180 to 270
    (face,) = faces_of(detector, np.ascontiguousarray(astronaut[:, edge:]))
    assert off(face, TRUE - np.float32([edge, 0])) < 0.5


def test_a_close_up_that_fills_the_photo_is_found(detector: MtcnnDetector, astronaut: Image) -> None:
    close = resize(np.ascontiguousarray(astronaut[60:170, 175:275]), (1164, 1280))
    (face,) = faces_of(detector, close)
    assert off(face, (TRUE - np.float32([175, 60]) + 0.5) * np.float32(11.636) - 0.5) < 0.15


def test_a_close_up_of_4000_pixels_is_found(detector: MtcnnDetector, astronaut: Image) -> None:
    close = cv2.resize(np.ascontiguousarray(astronaut[60:170, 175:275]), (3636, 4000), interpolation=cv2.INTER_CUBIC)
    (face,) = detect(close.clip(0, 1), detector, Run())
    assert off(face, (TRUE - np.float32([175, 60]) + 0.5) * np.float32(36.36) - 0.5) < 0.15


def test_a_face_of_20_pixels_is_found(detector: MtcnnDetector, astronaut: Image) -> None:
    small = resize(astronaut, (116, 116))
    (face,) = detect(small, detector, Run())
    assert 17 < face.box[2] - face.box[0] < 23
    assert off(face, (TRUE + 0.5) * np.float32(116 / 512) - 0.5) < 0.15


@pytest.mark.parametrize("covered", ["eyes", "mouth"])
def test_a_face_with_dark_glasses_or_a_mask_is_found(covered: str, detector: MtcnnDetector, astronaut: Image) -> None:
    image, (left, right, nose, mouth_left, mouth_right) = astronaut.copy(), TRUE
    if covered == "eyes":
        for x, y in (left, right):
            cv2.ellipse(image, (round(x), round(y)), (round(0.42 * EYES), round(0.3 * EYES)), 0, 0, 360, (0, 0, 0), -1)
    else:
        sides = np.array([-0.5, 0.5])[:, None] * (right - left)
        corners = [left + 0.5 * (nose - left) + sides[0], nose, right + 0.5 * (nose - right) + sides[1]]
        chin = [mouth_right + sides[1] + (0, 0.3 * EYES), mouth_left + sides[0] + (0, 0.3 * EYES)]
        cv2.fillPoly(image, [np.array([*corners, *chin]).round().astype(np.int32)], (0.8, 0.9, 0.9))
    (face,) = detect(image, detector, Run())
    assert off(face, TRUE) < 0.4


def test_a_profile_is_found(detector: MtcnnDetector) -> None:
    """A man who looks into his camera; his second eye is hardly visible."""
    (face,) = faces_of(detector, photo("camera"))
    assert np.abs(face.landmarks[2] - (251, 167)).max() < 5  # the tip of the nose


@pytest.mark.parametrize("degrees", [0, 20, 75, 90, 105, 165, 180, 195, 255, 270, 285, 340])
def test_a_face_of_a_turned_photo_is_found_with_landmarks_where_they_are(
    degrees: int, detector: MtcnnDetector, astronaut: Image
) -> None:
    """The cascade detects only some faces that are turned by 90 to 270 degrees."""
    matrix = cv2.getRotationMatrix2D((222, 115), degrees, 1) + np.array([[0, 0, 30], [0, 0, 130]])
    turned = cv2.warpAffine(astronaut, matrix, (500, 500), borderMode=cv2.BORDER_REPLICATE)
    expected = transform_points(TRUE, matrix)
    assert min(off(face, expected) for face in detect(turned, detector, Run())) < 0.2


def test_a_crowd_of_a_hundred(detector: MtcnnDetector, astronaut: Image) -> None:
    """Each face with a box of 40 pixels."""
    face = resize(np.ascontiguousarray(astronaut[40:200, 140:300]), (80, 80))
    row = np.concatenate([face, face[:, ::-1]] * 5, axis=1)
    assert len(faces_of(detector, np.ascontiguousarray(np.concatenate([row] * 10)))) == 100


def test_every_face_of_a_group_is_found_once(detector: MtcnnDetector, astronaut: Image) -> None:
    face = astronaut[40:200, 140:300]
    group = np.concatenate([np.concatenate([face, face[:, ::-1], face], axis=1)] * 2, axis=0)
    found = faces_of(detector, np.ascontiguousarray(group))
    assert len(found) == 6
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)


@pytest.mark.parametrize(
    "name", ["brick", "cell", "chelsea", "coffee", "coins", "grass", "gravel", "page", "rocket", "moon"]
)
@pytest.mark.parametrize("quarters", range(4))
def test_no_face_is_found_where_there_is_none(name: str, quarters: int, detector: MtcnnDetector) -> None:
    """`chelsea` shows a cat."""
    assert faces_of(detector, np.ascontiguousarray(np.rot90(photo(name), quarters))) == []


@pytest.mark.parametrize("kind", ["noise", "black", "white", "gradient"])
def test_no_face_is_found_in_no_picture(kind: str, detector: MtcnnDetector) -> None:
    image = {
        "noise": np.random.default_rng(0).random((200, 300, 3), dtype=np.float32),
        "black": np.zeros((200, 300, 3), np.float32),
        "white": np.ones((200, 300, 3), np.float32),
        "gradient": np.linspace(0, 1, 200 * 300 * 3, dtype=np.float32).reshape(200, 300, 3),
    }[kind]
    assert faces_of(detector, image) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (9, 9), (12, 12), (3, 1280)])
def test_pictures_too_small_for_a_face_are_no_failure(size: tuple[int, int], detector: MtcnnDetector) -> None:
    assert faces_of(detector, np.full((*size, 3), 0.5, np.float32)) == []


# --- how it is found ---------------------------------------------------------------------------------------------


def test_the_number_format_of_the_runtime_changes_nothing(state: dict[str, Any], detector: MtcnnDetector) -> None:
    image = photo("astronaut")
    assert same(faces_of(MtcnnDetector("mtcnn", state, BF16), image), faces_of(detector, image))


def test_a_photo_is_not_written(detector: MtcnnDetector, degraded_astronaut: Image) -> None:
    assert not degraded_astronaut.flags.writeable
    assert len(faces_of(detector, degraded_astronaut)) == 1


def test_two_threads_find_what_each_finds_alone(detector: MtcnnDetector, degraded_astronaut: Image) -> None:
    photos = [degraded_astronaut, np.ascontiguousarray(degraded_astronaut[:, ::-1])]
    alone = [faces_of(detector, image) for image in photos]
    assert not same(*alone)
    with ThreadPoolExecutor(2) as pool:
        assert all(map(same, pool.map(lambda image: faces_of(detector, image), photos), alone))


def test_a_run_is_stopped_between_two_sizes(detector: MtcnnDetector, astronaut: Image) -> None:
    looks = 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Cancelled("Gone.")

    with pytest.raises(Cancelled):
        detector.detect(astronaut, check)
    assert looks == 3


# --- other files -------------------------------------------------------------------------------------------------


def test_weights_of_something_else_are_refused_by_name(state: dict[str, Any]) -> None:
    lacking = {key: tensor for key, tensor in state.items() if key != "onet.head.bias"}
    reshaped = state | {"rnet.head.bias": state["rnet.head.bias"][:3]}
    more = state | {"xnet.head.bias": state["rnet.head.bias"]}
    for wrong in (lacking, reshaped, more, {}, state | {"pnet.head.bias": "text"}):
        with pytest.raises(ModelUnavailable, match=r"^net: "):
            MtcnnDetector("net", wrong, FP32)
