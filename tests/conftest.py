"""Fixtures for tests of several packages: pictures and loaded models."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import choose
from pipeline.models.loading import load
from pipeline.models.roles import Models
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.types import Image


@pytest.fixture(scope="session")
def shared_weights() -> Path:
    """The folder with real weights beside the project; skips if it does not exist."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "weights"
    if not folder.is_dir():
        pytest.skip(f"needs the real weights in {folder}")
    return folder


@pytest.fixture(scope="session")
def embedded_models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The embedded models, on the CPU."""
    empty = tmp_path_factory.mktemp("weights")
    return load(choose(ModelPreferences(empty, "embedded")), choose_runtime("cpu"), empty)


@pytest.fixture(scope="session")
def astronaut() -> Image:
    """A photo (512, 512, 3) of one face that looks at the camera; read-only."""
    return _frozen(skimage.data.astronaut())


@pytest.fixture(scope="session")
def group_photo() -> bytes:
    """A JPEG of six people, from the wheel that `make install-dev` downloads; skips without it."""
    wheels = sorted((Path(sys.prefix) / "photos").glob("insightface-*.whl"))
    if not wheels:
        pytest.skip("needs the photo in insightface's wheel: run `make install-dev`")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        return wheel.read("insightface/data/images/t1.jpg")


@pytest.fixture(scope="session")
def degraded_astronaut(astronaut: Image) -> Image:
    """The astronaut at half the size, noisy and JPEG-compressed: (256, 256, 3), read-only."""
    small = cv2.resize(astronaut, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) * 255
    noisy = np.clip(small + np.random.default_rng(0).normal(0, 6, small.shape), 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])
    return _frozen(cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1])


def _frozen(pixels: np.ndarray) -> Image:
    image = np.ascontiguousarray(pixels, dtype=np.float32) / np.float32(255)
    image.flags.writeable = False
    return image
