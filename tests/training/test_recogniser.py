from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.recognisers.dlib_network import LENGTH
from pipeline.models.recognisers.dlib_resnet import MEAN, DlibRecogniser
from pipeline.models.roles import Detector
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.types import Image
from tests import images
from training.recogniser import embedded_detector, mean_embedding


@pytest.fixture(scope="module")
def detector() -> Detector:
    return embedded_detector(choose_runtime("cpu", "fp32"))


@pytest.fixture(scope="module")
def plain() -> DlibRecogniser:
    state = load_file(EMBEDDED_DIR / "dlib-resnet.safetensors")
    return DlibRecogniser("dlib", state | {MEAN: torch.zeros(LENGTH)}, choose_runtime("cpu", "fp32"), threshold=0.0)


def write(folder: Path, name: str, image: Image) -> None:
    (folder / name).write_bytes(images.jpeg((image * 255).round().astype(np.uint8)))


def test_the_mean_is_over_the_largest_face_of_each_portrait(
    tmp_path: Path, astronaut: Image, plain: DlibRecogniser, detector: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    face = astronaut[40:200, 140:300]
    write(tmp_path, "a.jpg", face)
    alone = mean_embedding(plain, detector, tmp_path)
    beside = np.zeros((160, 240, 3), np.float32)
    beside[:, 80:] = face
    beside[:80, :80] = cv2.resize(face[:, ::-1], (80, 80), interpolation=cv2.INTER_AREA)
    write(tmp_path, "a.jpg", beside)
    write(tmp_path, "b.jpg", np.full((60, 60, 3), 0.5, np.float32))
    with_more = mean_embedding(plain, detector, tmp_path)
    assert torch.nn.functional.cosine_similarity(alone, with_more, dim=0) > 0.99
    write(tmp_path, "b.jpg", np.ascontiguousarray(face[:, ::-1]))
    (tmp_path / "a.jpg").unlink()
    mirrored = mean_embedding(plain, detector, tmp_path)
    write(tmp_path, "a.jpg", beside)
    assert torch.allclose(mean_embedding(plain, detector, tmp_path), (with_more + mirrored) / 2, atol=1e-5)
    assert "1 portraits; no face found in 1: b.jpg" in capsys.readouterr().out


def test_without_a_face_there_is_no_mean(tmp_path: Path, plain: DlibRecogniser, detector: Detector) -> None:
    with pytest.raises(ValueError, match="no portrait with a face"):
        mean_embedding(plain, detector, tmp_path)
