"""RetinaFace against facexlib 0.3.0, with the same weights.

Tolerance: 0.01 px for boxes and landmarks, 1e-4 for scores. Largest differences seen, in float32 on a CPU, where batch
norms are folded here and not there: 0.004 px with random weights, 0.0002 px with real ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.models.detectors.retinaface import RetinaFaceDetector
from pipeline.models.detectors.retinaface_backbone import Backbone
from pipeline.models.runtime.runtime import Runtime
from pipeline.run import Run
from pipeline.types import Image
from tests import detector_checkpoints
from tests.parity.published import published

facexlib_retinaface = published("facexlib.detection.retinaface")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
GFPGAN_THRESHOLD = 0.97


def facexlib_faces(backbone: Backbone, weights: dict[str, Any], image: Image) -> npt.NDArray[np.float32]:
    """(N, 15): box, score, landmarks; best first."""
    network = facexlib_retinaface.RetinaFace(network_name=backbone, device=torch.device("cpu"))
    network.load_state_dict({name.removeprefix("module."): tensor for name, tensor in weights.items()}, strict=True)
    bgr = np.ascontiguousarray((image * 255).round().astype(np.uint8)[..., ::-1])
    with torch.no_grad():
        return np.asarray(network.detect_faces(bgr, GFPGAN_THRESHOLD), dtype=np.float32)


def our_faces(weights: dict[str, Any], image: Image) -> npt.NDArray[np.float32]:
    faces = RetinaFaceDetector("net", weights, FP32).detect(image, Run().check)
    return np.array([[*face.box, face.score, *face.landmarks.ravel()] for face in faces], dtype=np.float32)


def assert_equal(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> None:
    assert ours.shape == theirs.shape
    difference = np.abs(ours - theirs)
    assert difference[:, 4].max() < 1e-4
    assert np.delete(difference, 4, axis=1).max() < 0.01


@pytest.mark.parametrize("backbone", ["mobile0.25", "resnet50"])
def test_random_weights_find_the_same(backbone: Backbone, astronaut: Image) -> None:
    weights = detector_checkpoints.retinaface(backbone)
    image = np.ascontiguousarray(astronaut[:239, 100:417])  # small enough for a single pyramid level
    theirs = facexlib_faces(backbone, weights, image)
    assert len(theirs) > 20
    assert_equal(our_faces(weights, image), theirs)


@pytest.mark.shared
def test_the_real_weights_find_the_same(shared_weights: Path, group_photo: bytes) -> None:
    """Smaller pyramid levels add nothing if no face is large."""
    weights = torch.load(shared_weights / "retinaface-mobilenet0.25.pth", map_location="cpu", weights_only=True)
    image = decode(inspect(group_photo, max_pixels=25_000_000)).image
    theirs = facexlib_faces("mobile0.25", weights, image)
    assert len(theirs) == 6
    assert_equal(our_faces(weights, image), theirs)
