"""Alignment and embeddings against insightface's, with a random network in an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from pipeline.geometry import transform_points
from pipeline.models.recognisers.arcface import TEMPLATE, FaceRecogniser, alignment
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image
from tests.parity.published import published

arcface_onnx = published("insightface.model_zoo.arcface_onnx")
face_align = published("insightface.utils.face_align")

RUNTIME = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)

# Eyes, nose and mouth corners of the astronaut, by hand: the alignment shrinks her face to four fifths.
LANDMARKS: FloatArray = np.array([[203, 108], [246, 108], [226, 128], [208, 151], [243, 151]], dtype=np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two convolutions, rectifiers and a linear layer to 64 numbers."""
    rng = np.random.default_rng(0)
    shapes = {"w1": (16, 3, 5, 5), "w2": (16, 16, 3, 3), "fc": (16 * 13 * 13, 64)}
    weights = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["in", "w1"], ["c1"], strides=[4, 4]),
            helper.make_node("Relu", ["c1"], ["r1"]),
            helper.make_node("Conv", ["r1", "w2"], ["c2"], strides=[2, 2]),
            helper.make_node("Relu", ["c2"], ["r2"]),
            helper.make_node("Flatten", ["r2"], ["f"]),
            helper.make_node("MatMul", ["f", "fc"], ["out"]),
        ],
        "face",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, ("None", 3, 112, 112))],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ("None", 64))],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    path = tmp_path_factory.mktemp("arcface") / "face.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def theirs(file: Path) -> Any:
    return arcface_onnx.ArcFaceONNX(str(file))


@pytest.fixture(scope="module")
def ours(file: Path) -> FaceRecogniser:
    return FaceRecogniser("arcface", file.read_bytes(), RUNTIME, 0.4)


def bgr(image: Image) -> np.ndarray:
    return np.ascontiguousarray(np.rint(image[..., ::-1] * 255).astype(np.uint8))


def unit(features: np.ndarray) -> np.ndarray:
    return features / np.linalg.norm(features, axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(20))
def test_the_alignment_is_insightfaces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn, scale = rng.uniform(-np.pi, np.pi), rng.uniform(0.3, 12)
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    landmarks = transform_points(TEMPLATE, np.array([[a, -b, rng.normal(0, 500)], [b, a, rng.normal(0, 500)]]))
    landmarks += rng.normal(0, 4 * scale, (5, 2)).astype(np.float32)
    assert np.allclose(alignment(landmarks), face_align.estimate_norm(landmarks), rtol=1e-4, atol=1e-4)


def test_an_aligned_face_has_insightfaces_embedding(ours: FaceRecogniser, theirs: Any, astronaut: Image) -> None:
    faces = [np.ascontiguousarray(astronaut[top : top + 112, 170:282]) for top in (40, 80, 120)]
    expected = unit(theirs.get_feat([bgr(face) for face in faces]))
    assert (expected @ expected.T)[0, 1] < 0.95
    assert np.abs(ours.embed(faces, [TEMPLATE] * 3) - expected).max() < 1e-5


def test_a_face_that_hardly_shrinks_has_insightfaces_embedding(
    ours: FaceRecogniser, theirs: Any, astronaut: Image
) -> None:
    scale = np.hypot(*alignment(LANDMARKS)[:, 0])
    assert 2 / 3 < scale < 0.9
    (found,) = ours.embed([astronaut], [LANDMARKS])
    exact = np.ascontiguousarray(astronaut[..., ::-1] * np.float32(255))
    (expected,) = unit(theirs.get_feat(face_align.norm_crop(exact, LANDMARKS)))
    # OpenCV samples at places rounded to 1/32 pixel, and matrices 1e-5 apart may be rounded differently.
    assert np.abs(found - expected).max() < 3e-4
    (rounded,) = unit(theirs.get_feat(face_align.norm_crop(bgr(astronaut), LANDMARKS)))
    assert float(found @ rounded) > 0.9999  # it usually gets 8-bit images, and then rounds the aligned face to 8 bits
