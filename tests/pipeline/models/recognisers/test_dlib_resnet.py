from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.geometry import transform_points
from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.recognisers.dlib_resnet import MEAN, TEMPLATE, DlibRecogniser
from pipeline.models.recognisers.face_alignment import alignment
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image
from training.faces import LANDMARKS

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)
EYES = np.array(LANDMARKS["astronaut"][0], np.float32)


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return load_file(EMBEDDED_DIR / "dlib-resnet.safetensors")


@pytest.fixture(scope="module")
def recogniser(state: dict[str, Any]) -> DlibRecogniser:
    return DlibRecogniser("dlib", state, FP32, 0.5)


@pytest.fixture(scope="module")
def embedding(recogniser: DlibRecogniser, astronaut: Image) -> FloatArray:
    return recogniser.embed([astronaut], [EYES])[0]


def moved(image: Image, matrix: np.ndarray, size: tuple[int, int]) -> tuple[Image, FloatArray]:
    """The photo and its landmarks after a similarity transform."""
    flags = cv2.INTER_AREA if matrix[0, 0] < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(image, matrix, size, flags=flags).clip(0, 1), transform_points(EYES, matrix)


def similarity(scale: float, degrees: float, x: float, y: float) -> np.ndarray:
    turn = math.radians(degrees)
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    return np.array([[a, -b, x], [b, a, y]])


# --- who it is ---------------------------------------------------------------------------------------------------


def test_six_people_are_six_people(recogniser: DlibRecogniser, group_photo: bytes, astronaut: Image) -> None:
    image = decode(inspect(group_photo, max_pixels=25_000_000)).image
    people = [np.array(points, np.float32) for points in LANDMARKS["t1"]]
    found = recogniser.embed([*[image] * 6, astronaut], [*people, EYES])
    similarities = found @ found.T
    assert np.abs(similarities.diagonal() - 1).max() < 1e-5
    pairs = similarities[np.triu_indices(7, 1)]
    assert np.median(pairs) < 0.3
    assert pairs.max() < 0.6  # one pair is more similar than the threshold of 0.5


@pytest.mark.parametrize(
    ("scale", "degrees", "x", "y"),
    [(1, 0, 37, -20), (1, 0, 0.5, 0.5), (2, 0, 0, 0), (0.7, 0, 0, 0), (1, 30, 100, -50), (1, 180, 500, 400)],
)
def test_the_same_photo_moved_scaled_and_turned_is_the_same_person(
    scale: float,
    degrees: float,
    x: float,
    y: float,
    recogniser: DlibRecogniser,
    astronaut: Image,
    embedding: FloatArray,
) -> None:
    image, landmarks = moved(astronaut, similarity(scale, degrees, x, y), (1024, 1024))
    assert recogniser.embed([image], [landmarks])[0] @ embedding > 0.97


def test_a_noisy_copy_of_half_the_size_is_the_same_person(
    recogniser: DlibRecogniser, degraded_astronaut: Image, embedding: FloatArray
) -> None:
    assert recogniser.embed([degraded_astronaut], [(EYES + 0.5) / 2 - 0.5])[0] @ embedding > 0.8


def test_a_large_face_is_averaged_not_skipped_over(
    recogniser: DlibRecogniser, astronaut: Image, embedding: FloatArray
) -> None:
    """Six times as large, with every other pixel darkened: averaged, it is the same face."""
    large, landmarks = moved(astronaut, similarity(6, 0, -900, -300), (1024, 1024))
    large *= np.where(np.indices((1024, 1024)).sum(axis=0) % 2, 0.5, 1.0)[..., None].astype(np.float32)
    darkened = astronaut * np.float32(0.75)
    expected = recogniser.embed([darkened], [EYES])[0]
    assert recogniser.embed([large], [landmarks])[0] @ expected > 0.95


# --- what goes in and comes out ----------------------------------------------------------------------------------


def test_embeddings_are_unit_vectors_and_the_same_every_time(
    recogniser: DlibRecogniser, astronaut: Image, embedding: FloatArray
) -> None:
    again = recogniser.embed([astronaut], [EYES])
    assert (recogniser.name, recogniser.threshold, again.shape, again.dtype) == ("dlib", 0.5, (1, 128), np.float32)
    assert np.array_equal(again[0], embedding)
    assert abs(np.linalg.norm(embedding) - 1) < 1e-6


def test_many_faces_are_embedded_as_each_alone(state: dict[str, Any], astronaut: Image) -> None:
    recogniser = DlibRecogniser("dlib", state, replace(FP32, max_batch=2), 0.5)
    points = [EYES + np.float32([3 * step, 2 * step]) for step in range(5)]
    alone = [recogniser.embed([astronaut], [point])[0] for point in points]
    assert np.abs(recogniser.embed([astronaut] * 5, points) - alone).max() < 1e-5


def test_no_faces_no_embeddings(recogniser: DlibRecogniser) -> None:
    found = recogniser.embed([], [])
    assert (found.shape, found.dtype) == ((0, 128), np.float32)


def test_each_image_needs_its_landmarks(recogniser: DlibRecogniser, astronaut: Image) -> None:
    with pytest.raises(ValueError, match="zip"):
        recogniser.embed([astronaut], [])


def test_image_and_landmarks_are_not_written(recogniser: DlibRecogniser, astronaut: Image) -> None:
    image, landmarks = astronaut.copy(), EYES.copy()
    image.flags.writeable = landmarks.flags.writeable = False
    recogniser.embed([image], [landmarks])
    assert np.array_equal(image, astronaut)
    assert np.array_equal(landmarks, EYES)


def test_an_embedding_is_the_descriptor_less_the_mean(
    recogniser: DlibRecogniser, state: dict[str, Any], astronaut: Image, embedding: FloatArray
) -> None:
    centred = recogniser.descriptors([astronaut], [EYES])[0] - state[MEAN].numpy()
    assert np.abs(centred / np.linalg.norm(centred) - embedding).max() < 1e-6


def test_half_precision_of_the_runtime_changes_nothing(
    state: dict[str, Any], astronaut: Image, embedding: FloatArray
) -> None:
    assert np.array_equal(DlibRecogniser("dlib", state, BF16, 0.5).embed([astronaut], [EYES])[0], embedding)


# --- what cannot be embedded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "landmarks",
    [np.full((5, 2), 7), np.full((5, 2), np.nan), np.full((5, 2), np.inf), TEMPLATE * 1e9, TEMPLATE[:3]],
    ids=["one place", "nan", "infinite", "far apart", "three"],
)
def test_landmarks_that_allow_no_alignment_fail(
    landmarks: np.ndarray, recogniser: DlibRecogniser, astronaut: Image
) -> None:
    with pytest.raises(StageFailed, match=r"landmarks .*\.$"):
        recogniser.embed([astronaut], [landmarks.astype(np.float32)])


def test_an_answer_that_is_no_number_fails(recogniser: DlibRecogniser, astronaut: Image) -> None:
    with pytest.raises(StageFailed, match="dlib"):
        recogniser.embed([astronaut, np.full_like(astronaut, np.nan)], [EYES, EYES])


def test_a_face_exactly_at_the_mean_fails(state: dict[str, Any], astronaut: Image) -> None:
    """A zero embedding has no direction. A network of zeros and a mean of zeros give it for every face."""
    zeros = {name: torch.zeros_like(tensor) for name, tensor in state.items()}
    with pytest.raises(StageFailed, match="no embedding"):
        DlibRecogniser("dlib", zeros, FP32, 0.5).embed([astronaut], [EYES])


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        lambda state: {},
        lambda state: {"weight": torch.zeros(3)},
        lambda state: {"params": state},
        lambda state: {name: tensor for name, tensor in state.items() if name != MEAN},
        lambda state: state | {MEAN: torch.zeros(64)},
        lambda state: state | {MEAN: torch.full((128,), float("nan"))},
        lambda state: state | {MEAN: "text"},
        lambda state: {name: tensor for name, tensor in state.items() if not name.startswith("blocks.5.")},
        lambda state: state | {"extra.weight": torch.zeros(3)},
        lambda state: state | {"stem.weight": torch.zeros(32, 3, 3, 3)},
        lambda state: state | {"head.weight": "text"},
    ],
    ids=[
        *("empty", "unknown", "nested", "no mean", "short mean", "nan", "text for a mean", "missing", "surplus"),
        *("shape", "no tensor"),
    ],
)
def test_what_is_no_whole_recogniser_is_refused_by_name(broken: Any, state: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable, match=r"^dlib: ") as caught:
        DlibRecogniser("dlib", broken(state), FP32, 0.5)
    assert caught.value.stage == "models"


def test_the_tensors_given_are_not_changed(state: dict[str, Any], astronaut: Image) -> None:
    before = copy.deepcopy(state)
    DlibRecogniser("dlib", state, FP32, 0.5).embed([astronaut], [EYES])
    assert state.keys() == before.keys()
    assert all(torch.equal(state[name], old) and state[name].dtype == old.dtype for name, old in before.items())


def test_the_file_is_small() -> None:
    assert (EMBEDDED_DIR / "dlib-resnet.safetensors").stat().st_size <= 11_500_000


def test_the_template_stands_upright_in_the_middle() -> None:
    """Level eyes above the mouth; aligning the template to itself changes nothing."""
    eyes, nose, mouth = TEMPLATE[:2], TEMPLATE[2], TEMPLATE[3:]
    assert abs(eyes[0, 1] - eyes[1, 1]) < 3
    assert eyes[:, 1].max() < nose[1] < mouth[:, 1].min()
    assert abs(TEMPLATE[:, 0].mean() - 74.5) < 4
    assert np.abs(alignment(TEMPLATE, TEMPLATE) - np.eye(2, 3)).max() < 1e-6
