from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from spandrel.architectures.Compact import Compact

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import choose
from pipeline.models.loading import load
from pipeline.models.roles import Models
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.types import Image
from tests import checkpoints
from tests.pipeline.models.recognisers.test_arcface import network

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
OFFICIAL = next(model for model in REGISTRY if model.name == "realesr-general-x4v3")
ARCFACE = next(model for model in REGISTRY if model.name == "arcface-w600k-r50")


def official(data: bytes, **changes: object) -> ModelFile:
    """The row of an official upscaler for other content."""
    return replace(OFFICIAL, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), **changes)  # type: ignore[arg-type]


def test_the_embedded_models_fill_the_required_roles_and_that_of_the_recogniser(embedded_models: Models) -> None:
    assert embedded_models.detector.name == "mtcnn"
    assert embedded_models.restorer.name == "portrait-face"
    assert {scale: upscaler.scale for scale, upscaler in embedded_models.upscalers.items()} == {2: 2, 4: 4}
    assert embedded_models.parser is None
    assert embedded_models.recogniser is not None
    assert embedded_models.recogniser.name == "dlib-resnet"
    assert embedded_models.perceptual is None


def test_an_official_upscaler_takes_the_place_of_the_embedded_one(tmp_path: Path) -> None:
    data = save(Compact(num_feat=4, num_conv=1, upscale=4).state_dict())
    model = official(data, file="fine.safetensors")
    (tmp_path / "fine.safetensors").write_bytes(data)
    table = (*(row for row in REGISTRY if row.origin == "embedded"), model)
    models = load(choose(ModelPreferences(tmp_path), table), FP32, tmp_path)
    assert models.upscalers[4].name == "realesr-general-x4v3"
    assert models.upscalers[2].name == "compact-x2"


def test_a_file_that_holds_no_fitting_network_stops_the_start(tmp_path: Path) -> None:
    data = save({"weight": torch.zeros(3)})
    model = official(data, file="other.safetensors")
    (tmp_path / "other.safetensors").write_bytes(data)
    table = (*(row for row in REGISTRY if row.origin == "embedded"), model)
    selection = choose(ModelPreferences(tmp_path), table)
    with pytest.raises(ModelUnavailable, match="realesr-general-x4v3"):
        load(selection, FP32, tmp_path)


def test_a_file_that_changed_after_the_choice_stops_the_start(tmp_path: Path) -> None:
    data = save(Compact(num_feat=4, num_conv=1, upscale=4).state_dict())
    model = official(data, file="fine.safetensors")
    (tmp_path / "fine.safetensors").write_bytes(data)
    selection = choose(ModelPreferences(tmp_path), (*(row for row in REGISTRY if row.origin == "embedded"), model))
    (tmp_path / "fine.safetensors").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        load(selection, FP32, tmp_path)


def test_a_twin_that_is_installed_is_loaded_with_its_model(tmp_path: Path) -> None:
    rows = []
    for name, seed in (("realesr-general-x4v3", 1), ("realesr-general-wdn-x4v3", 2)):
        data = save(checkpoints.compact(features=8, convolutions=2, seed=seed)["params"])
        row = next(model for model in REGISTRY if model.name == name)
        file = f"{name}.safetensors"
        rows.append(replace(row, file=file, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()))
        (tmp_path / file).write_bytes(data)
    table = (*(row for row in REGISTRY if row.origin == "embedded"), *rows)
    models = load(choose(ModelPreferences(tmp_path), table), FP32, tmp_path)
    upscaler, twin = models.upscalers[4], models.offered_upscalers["realesr-general-wdn-x4v3"]
    assert isinstance(upscaler, CompactUpscaler)
    assert upscaler.name == "realesr-general-x4v3"
    image = np.full((8, 8, 3), 0.5, np.float32)
    assert np.array_equal(upscaler.denoising(0).upscale([image]), twin.upscale([image]))
    assert list(models.offered_upscalers) == ["compact-x2", "realesr-general-x4v3", "compact-x4", twin.name]


def test_the_first_named_of_a_scale_is_its_default(tmp_path: Path) -> None:
    data = save(checkpoints.compact(2, features=4, convolutions=1)["params"])
    (tmp_path / "mine.safetensors").write_bytes(data)
    (tmp_path / "models.csv").write_text(
        f"path,sha256,licence\nmine.safetensors,{hashlib.sha256(data).hexdigest()},CC0\n"
    )
    wanted = {"upscaler": ("compact-x4", "mine", "compact-x2")}
    models = load(choose(ModelPreferences(tmp_path, wanted=wanted)), FP32, tmp_path)  # type: ignore[arg-type]
    assert {scale: upscaler.name for scale, upscaler in models.upscalers.items()} == {2: "mine", 4: "compact-x4"}
    assert set(models.offered_upscalers) == {"compact-x4", "mine", "compact-x2"}
    assert list(models.offered_restorers) == ["portrait-face", "compact-face"]


def test_an_own_compact_network_is_run_like_the_embedded_ones(tmp_path: Path) -> None:
    data = save(checkpoints.compact(3, features=4, convolutions=1)["params"])
    (tmp_path / "mine.safetensors").write_bytes(data)
    (tmp_path / "models.csv").write_text(
        f"path,sha256,licence\nmine.safetensors,{hashlib.sha256(data).hexdigest()},CC0\n"
    )
    mine = load(choose(ModelPreferences(tmp_path)), FP32, tmp_path).offered_upscalers["mine"]
    assert isinstance(mine, CompactUpscaler)
    assert mine.scale == 3


@pytest.mark.parametrize("threshold", [0.4, -0.25])
def test_a_recogniser_has_the_threshold_of_its_row(tmp_path: Path, threshold: float) -> None:
    table = recogniser_table(tmp_path, threshold)
    selection = choose(ModelPreferences(tmp_path, wanted={"recogniser": (ARCFACE.name,)}), table)
    recogniser = load(selection, FP32, tmp_path).recogniser
    assert recogniser is not None
    assert (recogniser.name, recogniser.threshold) == (ARCFACE.name, threshold)


def test_a_recogniser_without_a_threshold_stops_the_start(tmp_path: Path) -> None:
    table = recogniser_table(tmp_path, None)
    selection = choose(ModelPreferences(tmp_path, wanted={"recogniser": (ARCFACE.name,)}), table)
    with pytest.raises(ModelUnavailable, match=r"arcface-w600k-r50: .* no threshold"):
        load(selection, FP32, tmp_path)


def recogniser_table(folder: Path, threshold: float | None) -> tuple[ModelFile, ...]:
    """The embedded models and ArcFace's row, for a small network of the same kind that is put into `folder`."""
    data = network()
    (folder / ARCFACE.file).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    small = replace(ARCFACE, bytes=len(data), sha256=sha256, archive=None, threshold=threshold)
    return (*(row for row in REGISTRY if row.origin == "embedded"), small)


@pytest.mark.shared
def test_the_published_upscaler_loads_and_enlarges(shared_weights: Path, astronaut: Image) -> None:
    data = (shared_weights / OFFICIAL.file).read_bytes()
    table = (*(row for row in REGISTRY if row.origin == "embedded"), official(data))
    upscaler = load(choose(ModelPreferences(shared_weights), table), FP32, shared_weights).upscalers[4]
    assert upscaler.name == "realesr-general-x4v3"
    image = astronaut[90:130, 190:240]
    (enlarged,) = upscaler.upscale([image])
    assert enlarged.shape == (160, 200, 3)
    means = enlarged.reshape(40, 4, 50, 4, 3).mean(axis=(1, 3))
    assert np.abs(means - image).mean() < 0.05


def test_what_loading_took_is_given_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given_back: list[int] = []
    monkeypatch.setattr("pipeline.models.loading.return_freed_memory", lambda: given_back.append(1))
    selection = choose(ModelPreferences(tmp_path, "embedded"))
    load(selection, FP32, tmp_path)
    assert len(given_back) == sum(len(models) for models in selection.offered.values())
