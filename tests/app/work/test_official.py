"""The official models: a photo through all of them, and wrong or missing files that stop the start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import choose
from pipeline.models.detectors.retinaface import RetinaFaceDetector
from pipeline.models.loading import load
from pipeline.models.roles import Models
from pipeline.models.runtime.runtime import choose_runtime
from tests.app.server import Likeness, serving
from tests.official import DEFAULTS, write_official

ROOT = Path(__file__).resolve().parents[3]
STAGES = {"decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "metrics", "encode"}

pytestmark = pytest.mark.timeout(900)  # the large networks are slow on a CPU without bf16


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("official")
    yield folder
    for path in folder.iterdir():  # a gigabyte
        path.unlink()


@pytest.fixture(scope="module")
def table(weights_dir: Path) -> tuple[ModelFile, ...]:
    """The registry with the hashes of random weights instead of the real ones."""
    return write_official(weights_dir)


@pytest.fixture(scope="module")
def models(weights_dir: Path, table: tuple[ModelFile, ...]) -> Models:
    return load(choose(ModelPreferences(weights_dir, "official"), table), choose_runtime("cpu"), weights_dir)


def photo(group_photo: bytes, factor: float) -> bytes:
    """The photo of six people, scaled by `factor`."""
    pixels = cv2.imdecode(np.frombuffer(group_photo, np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small)[1].tobytes()


def assert_complete(data: dict[str, Any]) -> None:
    """Every metric has a value, and every official model was used."""
    assert {"psnr", "ssim", "lpips", "identity_similarity"} <= {k for k, v in data["metrics"].items() if v is not None}
    restored = [face for face in data["faces"] if face["action"] == "restored"]
    assert restored
    assert all(-1 <= face["identity_similarity"] <= 1 for face in restored)
    assert not any(face["landmarks_estimated"] for face in data["faces"])
    assert set(data["timings_ms"]) >= STAGES
    assert {key: data["models"][key] for key in ("restorer", "parser", "recogniser", "upscaler")} == {
        "restorer": "gfpgan-v1.4",
        "parser": "parsenet",
        "recogniser": "arcface-w600k-r50",
        "upscaler": "realesrgan-x2plus",
    }
    codes = {warning["code"] for warning in data["warnings"]}
    assert not codes & {"identity_unavailable", "lpips_unavailable", "metric_failed"}


@pytest.fixture
def unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What GFPGAN draws with random weights is pasted, although the photo's face is sharper."""
    monkeypatch.setattr("pipeline.photo.without_blurrier", lambda faces, *_: list(faces))


@pytest.mark.usefixtures("unjudged")
def test_official_models_with_random_weights_restore_a_photo(models: Models, group_photo: bytes) -> None:
    with serving(models, deadline_s=800, patience=800) as server:
        data = answered(server, photo(group_photo, 0.25))
        assert_complete(data)
        assert data["models"]["detector"] == "retinaface-resnet50"
        assert server.client.get("/api/v1/health").json()["models"]["perceptual"] == "lpips-alex"


@pytest.mark.shared
@pytest.mark.usefixtures("unjudged")
def test_official_models_restore_six_faces_of_the_group_photo(
    models: Models, group_photo: bytes, shared_weights: Path
) -> None:
    state = torch.load(shared_weights / "retinaface-mobilenet0.25.pth", map_location="cpu", weights_only=True)
    real = RetinaFaceDetector("retinaface-mobilenet0.25", state, choose_runtime("cpu"))
    with serving(replace(models, detector=real), deadline_s=800, patience=800) as server:
        data = answered(server, group_photo)
    assert_complete(data)
    assert [face["action"] for face in data["faces"]] == ["restored"] * 6
    assert (data["width"], data["height"]) == (2560, 1772)


def answered(server: Likeness, file: bytes) -> dict[str, Any]:
    response = server.enhance(file, upscale_factor=2)
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


# --- files that stop the start -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DEFAULTS)
def test_one_flipped_byte_stops_the_start_and_names_the_model(
    name: str, weights_dir: Path, table: tuple[ModelFile, ...]
) -> None:
    path = weights_dir / str(next(model.file for model in table if model.name == name))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    try:
        assert refusal(weights_dir, table).startswith(f"{name}: {path} has SHA-256 ")
    finally:
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 2)
            file.write(byte)


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_missing_file_stops_the_start_and_names_the_model(
    name: str, weights_dir: Path, table: tuple[ModelFile, ...]
) -> None:
    path = weights_dir / str(next(model.file for model in table if model.name == name))
    hidden = path.rename(path.with_suffix(".hidden"))
    try:
        assert refusal(weights_dir, table).startswith(f"{name}: {path} is missing.")
    finally:
        hidden.rename(path)


def refusal(weights_dir: Path, table: tuple[ModelFile, ...]) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        choose(ModelPreferences(weights_dir, "official"), table)
    return caught.value.message


def test_serve_names_every_wrong_file_and_does_not_start(tmp_path: Path) -> None:
    """Every file has the right size but only zeros; the files are sparse."""
    wanted = [model for model in REGISTRY if model.name in DEFAULTS]
    for model in wanted:
        with (tmp_path / model.file).open("wb") as file:
            file.truncate(model.bytes)
    environment = {**os.environ, "LIKENESS_MODELS": "official", "LIKENESS_WEIGHTS_DIR": str(tmp_path)}
    # It takes a second, mostly for hashing; importing the modules below would take several more.
    slow = {"torch", "torchvision", "onnxruntime", "spandrel", "cv2", "uvicorn"}
    code = (
        "import sys; from app.__main__ import main; status = main(['serve', '--port', '0'])\n"
        f"print(sorted({slow!r} & set(sys.modules))); sys.exit(status)"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2
    assert ended.stdout == "[]\n"
    *lines, advice = ended.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [model.name for model in wanted]
    assert all(" has SHA-256 " in line for line in lines)
    assert advice.startswith("`python -m app models pull retinaface-resnet50 gfpgan-v1.4 ")
