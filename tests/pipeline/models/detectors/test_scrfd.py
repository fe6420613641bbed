from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.detectors.scrfd import MIN_SCORE, SIDE, ScrfdDetector
from pipeline.models.runtime.runtime import Runtime
from pipeline.run import Run
from pipeline.types import Face, Image
from tests import detector_checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)


@pytest.fixture(scope="module")
def detector() -> ScrfdDetector:
    return ScrfdDetector("net", detector_checkpoints.scrfd(), FP32)


def same(first: list[Face], second: list[Face]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a.box, b.box) and np.array_equal(a.landmarks, b.landmarks) and a.score == b.score
        for a, b in zip(first, second, strict=True)
    )


def constant(places_of: dict[int, tuple[Any, ...]]) -> bytes:
    """A network that sees faces at stride → (row, column, anchor) in any input; its other outputs are ones."""
    nodes, results = [], []
    for kind, numbers in enumerate((1, 4, 10)):
        for stride in (8, 16, 32):
            places = SIDE // stride
            answer = np.full((places, places, 2, numbers), 1.0 if kind else 0.0, np.float32)
            if kind == 0 and stride in places_of:
                answer[places_of[stride]] = 0.9 - stride / 100
            name = f"output{kind}_{stride}"
            tensor = helper.make_tensor(
                f"{name}_value", TensorProto.FLOAT, (answer.size // numbers, numbers), answer.ravel()
            )
            nodes.append(helper.make_node("Constant", [], [name], value=tensor))
            results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, numbers]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, None, None])
    return detector_checkpoints.onnx_bytes(helper.make_graph(nodes, "constant", [image], results))


def echo(outputs: int) -> bytes:
    """A network whose outputs are all its input."""
    shape = [1, 3, SIDE, SIDE]
    names = [f"output{number}" for number in range(outputs)]
    return detector_checkpoints.onnx_bytes(
        helper.make_graph(
            [helper.make_node("Identity", ["image"], [name]) for name in names],
            "echo",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        )
    )


# --- the file ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [SIDE, "side"])
@pytest.mark.parametrize("batched", [False, True])
def test_exports_of_either_kind_find_the_same(
    batched: bool, side: int | str, detector: ScrfdDetector, astronaut: Image
) -> None:
    other = ScrfdDetector("net", detector_checkpoints.scrfd(batched=batched, side=side), FP32)
    assert same(other.detect(astronaut, Run().check), detector.detect(astronaut, Run().check))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no ONNX network"),
        (b"no network", "no ONNX network"),
        (detector_checkpoints.scrfd(outputs=6), "9 outputs is expected, not 6"),
        (detector_checkpoints.scrfd(side=320), "320"),
        (echo(1), "not 1"),
        (echo(9), "finds no faces"),
    ],
    ids=["empty", "text", "no landmarks", "another size", "one output", "other shapes"],
)
def test_what_is_no_such_network_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"net: .*{reason}") as caught:
        ScrfdDetector("net", data, FP32)
    assert caught.value.stage == "models"


def test_a_network_that_fails_at_a_photo_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no")

    failing = ScrfdDetector("net", detector_checkpoints.scrfd(), FP32)
    monkeypatch.setattr(failing._network._session, "run", broken)
    with pytest.raises(StageFailed):
        failing.detect(np.zeros((20, 20, 3), np.float32), Run().check)


# --- what comes out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (500, 3), (7, 9), (1, 2000), (640, 640), (700, 641)])
def test_pictures_of_any_size_give_faces_or_none(size: tuple[int, int], detector: ScrfdDetector) -> None:
    faces = detector.detect(np.random.default_rng(0).random((*size, 3), dtype=np.float32), Run().check)
    for face in faces:
        assert face.box.shape == (4,)
        assert face.landmarks.shape == (5, 2)
        assert face.box.dtype == face.landmarks.dtype == np.float32
        assert face.score >= MIN_SCORE
        assert not face.landmarks_estimated
    scores = [face.score for face in faces]
    assert scores == sorted(scores, reverse=True)


def test_boxes_and_landmarks_are_counted_in_strides_from_the_anchor() -> None:
    detector = ScrfdDetector("net", constant({8: (10, 20, 1), 16: (3, 30, 0), 32: (19, 0, 1)}), FP32)
    faces = detector.detect(np.zeros((640, 640, 3), np.float32), Run().check)
    assert [face.score for face in faces] == pytest.approx([0.82, 0.74, 0.58])
    for face, stride, center in zip(faces, (8, 16, 32), ((160, 80), (480, 48), (0, 608)), strict=True):
        assert face.box.tolist() == [center[0] - stride, center[1] - stride, center[0] + stride, center[1] + stride]
        assert face.landmarks.tolist() == [[center[0] + stride, center[1] + stride]] * 5


@pytest.mark.parametrize(("height", "width"), [(320, 160), (100, 320), (1280, 1000), (37, 41), (900, 5)])
def test_faces_are_told_in_the_picture_s_own_pixels(height: int, width: int) -> None:
    """Each axis has its own scale, because the letterbox has whole pixels."""
    (face,) = ScrfdDetector("net", constant({8: (10, 20, 0)}), FP32).detect(
        np.zeros((height, width, 3), np.float32), Run().check
    )
    longer = max(height, width)
    scale = np.array([width / max(1, width * SIDE // longer), height / max(1, height * SIDE // longer)])
    assert np.allclose(face.landmarks, scale * (168, 88))
    assert np.allclose(face.box, [*(scale * (152, 72)), *(scale * (168, 88))])


def test_of_two_anchors_that_see_one_face_the_better_is_kept() -> None:
    both = constant({8: (10, 20, slice(None)), 16: (5, 10, 0)})
    faces = ScrfdDetector("net", both, FP32).detect(np.zeros((640, 640, 3), np.float32), Run().check)
    assert len(faces) == 2  # the larger box around the same place overlaps by a quarter only
    assert [face.box[2] - face.box[0] for face in faces] == [16, 32]


def test_the_colours_are_not_mixed_up(detector: ScrfdDetector, astronaut: Image) -> None:
    assert not same(
        detector.detect(astronaut, Run().check),
        detector.detect(np.ascontiguousarray(astronaut[..., ::-1]), Run().check),
    )


def test_a_photo_is_not_written(detector: ScrfdDetector, astronaut: Image) -> None:
    assert not astronaut.flags.writeable
    assert detector.detect(astronaut, Run().check)
    wide = np.ascontiguousarray(cv2.resize(astronaut, (640, 640)))
    wide.flags.writeable = False
    assert detector.detect(wide, Run().check)


def test_two_threads_find_what_each_finds_alone(detector: ScrfdDetector, astronaut: Image) -> None:
    photos = [astronaut, np.ascontiguousarray(astronaut[:, ::-1])] * 3
    alone = [detector.detect(image, Run().check) for image in photos]
    assert not same(alone[0], alone[1])
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda image: detector.detect(image, Run().check), photos))
    assert all(same(first, second) for first, second in zip(alone, together, strict=True))
