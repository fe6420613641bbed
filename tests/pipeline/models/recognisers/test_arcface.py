from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.geometry import transform_points
from pipeline.models.recognisers.arcface import TEMPLATE, FaceRecogniser, align, alignment
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image

RUNTIME = Runtime(torch.device("cpu"), torch.bfloat16, tile=64, max_batch=1)
FACE = (3, 112, 112)


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    shape: Sequence[int | str],
    outputs: Sequence[str] = ("out",),
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "face",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return made.SerializeToString()


def network(shape: Sequence[int | str] = ("None", *FACE), *, length: int = 16, flatten: str = "any") -> bytes:
    """A convolution, a ReLU and a linear layer with random weights. `flatten="one"`: works only for batches of one."""
    rng = np.random.default_rng(0)
    constants = {
        "w": rng.normal(0, 0.1, (8, 3, 8, 8)).astype(np.float32),
        "b": rng.normal(0, 0.1, 8).astype(np.float32),
        "fc": rng.normal(0, 0.1, (8 * 14 * 14, length)).astype(np.float32),
        "one": np.array([1, 8 * 14 * 14], dtype=np.int64),
    }
    flat = helper.make_node("Flatten", ["r"], ["f"])
    if flatten == "one":
        flat = helper.make_node("Reshape", ["r", "one"], ["f"])
    else:
        del constants["one"]
    nodes = [
        helper.make_node("Conv", ["in", "w", "b"], ["c"], strides=[8, 8]),
        helper.make_node("Relu", ["c"], ["r"]),
        flat,
        helper.make_node("MatMul", ["f", "fc"], ["out"]),
    ]
    return model(nodes, constants, shape)


def seeing() -> FaceRecogniser:
    """A recogniser whose embedding is its normalised input."""
    return FaceRecogniser("eye", model([helper.make_node("Flatten", ["in"], ["out"])], {}, ("N", *FACE)), RUNTIME, 0.4)


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def similarity(scale: float, degrees: float, x: float, y: float) -> np.ndarray:
    """Template pixels → image pixels."""
    turn = math.radians(degrees)
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    return np.array([[a, -b, x], [b, a, y]])


def faces(count: int) -> tuple[list[Image], list[FloatArray]]:
    rng = np.random.default_rng(3)
    images = [noise(130 + 7 * i, 150 + 11 * i, i) for i in range(count)]
    points = [transform_points(TEMPLATE, similarity(1.2, 5.0 * i, 4, 9)) for i in range(count)]
    return images, [p + rng.normal(0, 1, (5, 2)).astype(np.float32) for p in points]


# --- alignment ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "degrees"), [(1, 0), (4.5, 0), (0.3, 33), (2, 178), (30, -90)])
def test_a_turned_scaled_and_moved_template_is_brought_back(scale: float, degrees: float) -> None:
    landmarks = transform_points(TEMPLATE, similarity(scale, degrees, 70, -20))
    assert np.abs(transform_points(landmarks, alignment(landmarks)) - TEMPLATE).max() < 1e-3


def test_no_similarity_transform_brings_the_landmarks_nearer_to_the_template() -> None:
    landmarks = (TEMPLATE * 3 + np.random.default_rng(0).normal(0, 8, (5, 2))).astype(np.float32)
    best = alignment(landmarks)

    def error(matrix: np.ndarray) -> float:
        return float(((landmarks @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE) ** 2).sum())

    for a, b, x, y in np.random.default_rng(1).normal(0, 0.01, (200, 4)):
        assert error(best) < error(best + np.array([[a, -b, x], [b, a, y]]))


def test_mirrored_landmarks_do_not_mirror_the_face() -> None:
    matrix = alignment(TEMPLATE * np.float32([-1, 1]))
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize(
    "landmarks",
    [
        np.full((5, 2), 7, np.float32),
        np.full((5, 2), np.nan, np.float32),
        np.full((5, 2), np.inf, np.float32),
        TEMPLATE * np.float32(1e9),
        TEMPLATE[:3],
        np.zeros((0, 2), np.float32),
    ],
    ids=["one place", "nan", "infinite", "far apart", "three", "none"],
)
def test_landmarks_that_allow_no_alignment_fail_with_a_sentence(landmarks: FloatArray) -> None:
    recogniser = FaceRecogniser("face", network(), RUNTIME, 0.4)
    with pytest.raises(StageFailed, match=r"landmarks .*\.$"):
        recogniser.embed([noise(200, 200)], [landmarks])


@pytest.mark.parametrize(("scale", "degrees"), [(1, 0), (0.8, 10), (1.4, 0), (2, 20), (3.6, -15), (20, 5)])
def test_the_aligned_face_shows_what_lies_at_the_landmarks(scale: float, degrees: float) -> None:
    """On a ramp each value gives its place: area averaging must not shift the face by a fraction of a pixel."""
    side = math.ceil(150 * scale)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    to_image = similarity(scale, degrees, side * 0.1, side * 0.1)
    aligned = align(np.stack([columns, rows, rows], axis=2), transform_points(TEMPLATE, to_image))
    assert (aligned.shape, aligned.dtype) == ((*FACE[1:], 3), np.float32)
    for x, y in [(30, 30), (56, 72), (80, 100)]:
        expected = to_image @ (x, y, 1) / side
        assert np.abs(aligned[y, x, :2] - expected).max() * side / scale < 0.05  # pixels of the aligned face


def test_outside_the_image_is_black() -> None:
    aligned = align(np.ones((300, 300, 3), np.float32), TEMPLATE * 4 - 150)
    assert not aligned[:30, :30].any()
    assert (aligned[50:90, 50:90] == 1).all()


def test_fine_detail_that_the_network_cannot_see_is_averaged() -> None:
    """A checkerboard of single pixels in a crop of 512 px becomes grey, without aliasing."""
    board = np.repeat((np.indices((512, 512)).sum(axis=0) % 2)[..., None], 3, axis=2).astype(np.float32)
    landmarks = transform_points(TEMPLATE, similarity(3.57, 0, 56, 56))
    aligned = align(board, landmarks)
    plain = cv2.warpAffine(board, alignment(landmarks), (112, 112))
    assert np.abs(aligned - 0.5).max() < 0.1
    assert np.abs(plain - 0.5).max() > 0.3


# --- embeddings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [("None", *FACE), (None, *FACE), (1, *FACE)], ids=["named", "open", "one"])
def test_embeddings_have_length_one(shape: Sequence[int | str]) -> None:
    recogniser = FaceRecogniser("face", network(shape), RUNTIME, 0.4)
    found = recogniser.embed(*faces(3))
    assert (recogniser.name, found.shape, found.dtype) == ("face", (3, 16), np.float32)
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6
    assert (found @ found.T)[0, 1] < 0.999


@pytest.mark.parametrize("shape", [("None", *FACE), (1, *FACE)], ids=["any", "one"])
def test_many_faces_are_embedded_as_each_alone(shape: Sequence[int | str]) -> None:
    recogniser = FaceRecogniser("face", network(shape), RUNTIME, 0.4)
    images, landmarks = faces(18)
    alone = [recogniser.embed([image], [points])[0] for image, points in zip(images, landmarks, strict=True)]
    assert np.abs(recogniser.embed(images, landmarks) - alone).max() < 1e-6


def test_a_file_that_only_claims_to_take_many_faces_gets_them_one_by_one() -> None:
    honest = FaceRecogniser("face", network(), RUNTIME, 0.4)
    recogniser = FaceRecogniser("face", network(flatten="one"), RUNTIME, 0.4)
    assert np.abs(recogniser.embed(*faces(3)) - honest.embed(*faces(3))).max() < 1e-6


@pytest.mark.parametrize("length", [16, 40])
def test_no_faces_no_embeddings(length: int) -> None:
    found = FaceRecogniser("face", network(length=length), RUNTIME, 0.4).embed([], [])
    assert (found.shape, found.dtype) == ((0, length), np.float32)


def test_the_network_sees_rgb_from_minus_one_to_one_in_full_precision() -> None:
    image = noise(112, 112)
    image.flags.writeable = False
    expected = (image * 2 - 1).transpose(2, 0, 1).ravel()
    (found,) = seeing().embed([image], [TEMPLATE])
    assert np.abs(found * np.linalg.norm(expected) - expected).max() < 1e-4


def test_each_image_needs_its_landmarks() -> None:
    with pytest.raises(ValueError, match="zip"):
        seeing().embed([noise(112, 112)], [])


@pytest.mark.parametrize("value", [0.5, np.nan], ids=["zero", "nan"])
def test_an_answer_without_a_direction_fails(value: float) -> None:
    """Grey is zero to a network that only flattens."""
    with pytest.raises(StageFailed, match="eye"):
        seeing().embed([noise(112, 112), np.full((112, 112, 3), value, np.float32)], [TEMPLATE, TEMPLATE])


# --- files -------------------------------------------------------------------------------------------------------


def pooling(shape: Sequence[int | str]) -> bytes:
    return model([helper.make_node("GlobalAveragePool", ["in"], ["out"])], {}, shape)


def two_outputs() -> bytes:
    nodes = [helper.make_node("Flatten", ["in"], ["out"]), helper.make_node("Identity", ["out"], ["again"])]
    return model(nodes, {}, ("N", *FACE), ("out", "again"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no network",
        model([helper.make_node("Flatten", ["in"], ["out"])], {}, ("N", 3, 128, 128)),
        model([helper.make_node("Flatten", ["in"], ["out"])], {}, ("N", 112, 112, 3)),
        model([helper.make_node("Flatten", ["in"], ["out"])], {}, ("N", 3, "H", "W")),
        model([helper.make_node("Flatten", ["in"], ["out"])], {}, (4, *FACE)),
        model([helper.make_node("Identity", ["in"], ["out"])], {}, (3, 112)),
        two_outputs(),
        pooling(("N", *FACE)),
        network()[:-1000],
    ],
    ids=["empty", "text", "size", "order", "open", "four", "flat", "two outputs", "no vector", "cut"],
)
def test_other_files_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(ModelUnavailable, match=r"^face: ") as caught:
        FaceRecogniser("face", data, RUNTIME, 0.4)
    assert caught.value.stage == "models"
