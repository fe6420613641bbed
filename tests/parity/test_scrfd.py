"""SCRFD against insightface 2.1, with the same ONNX file of random weights: the real ones are not available here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest
import torch

from pipeline.models.detectors.scrfd import SIDE, ScrfdDetector
from pipeline.models.runtime.runtime import Runtime
from pipeline.run import Run
from pipeline.types import Image
from tests import detector_checkpoints
from tests.parity.published import published

insightface_scrfd = published("insightface.model_zoo.scrfd")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)


def insightface_faces(data: bytes, image: Image) -> npt.NDArray[np.float32]:
    """(N, 15): box, score, landmarks; best first."""
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    bgr = np.ascontiguousarray((image * 255).round().astype(np.uint8)[..., ::-1])
    boxes, landmarks = insightface_scrfd.SCRFD(session=session).detect(bgr, input_size=(SIDE, SIDE))
    return np.concatenate([boxes, landmarks.reshape(-1, 10)], axis=1)


def our_faces(data: bytes, image: Image) -> npt.NDArray[np.float32]:
    faces = ScrfdDetector("net", data, FP32).detect(image, Run().check)
    return np.array([[*face.box, face.score, *face.landmarks.ravel()] for face in faces], dtype=np.float32)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(("height", "width"), [(481, 640), (640, 411), (640, 640)])
def test_a_photo_of_640_pixels_gives_the_same(height: int, width: int, batched: bool, astronaut: Image) -> None:
    data = detector_checkpoints.scrfd(batched=batched)
    image = np.ascontiguousarray(np.tile(astronaut, (2, 2, 1))[:height, :width])
    theirs = insightface_faces(data, image)
    assert len(theirs) > 20
    assert np.allclose(our_faces(data, image), theirs, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(300, 400), (301, 403)])
def test_a_smaller_photo_gives_the_same(height: int, width: int, astronaut: Image) -> None:
    """Within insightface's errors: it rounds the resized image to 8 bits, and divides x by the scale of y."""
    data = detector_checkpoints.scrfd()
    image = np.ascontiguousarray(astronaut[:height, :width])
    theirs, ours = insightface_faces(data, image), our_faces(data, image)
    theirs[:, [0, 2, 5, 7, 9, 11, 13]] *= (width / SIDE) / (height / int(SIDE * height / width))
    assert len(ours) == len(theirs) > 20
    for face in theirs:
        nearest = ours[np.abs(ours[:, 5:] - face[5:]).max(axis=1).argmin()]
        assert np.abs(nearest - face).max() < 0.1
