from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR
from pipeline.models.loading import ADAPTERS
from pipeline.models.perceptual.lpips import HEADS
from pipeline.models.roles import ROLES

EMBEDDED = [model for model in REGISTRY if model.origin == "embedded"]


def test_names_are_unique_and_a_file_has_one_content() -> None:
    names = [model.name for model in REGISTRY]
    assert len(set(names)) == len(names)
    contents = {(model.file, model.bytes, model.sha256) for model in REGISTRY}
    assert len({file for file, _, _ in contents}) == len(contents)


@pytest.mark.parametrize("model", REGISTRY, ids=lambda model: model.name)
def test_every_row_is_whole(model: ModelFile) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", model.name)
    assert model.role in ROLES
    assert model.adapter in ADAPTERS
    assert model.licence
    assert model.commercial_use in {"yes", "no", "unclear"}
    assert (model.scale is not None) == (model.role == "upscaler")
    assert model.scale is None or model.scale > 1


@pytest.mark.parametrize("model", REGISTRY, ids=lambda model: model.name)
def test_every_file_has_a_size_and_a_hash(model: ModelFile) -> None:
    assert model.bytes is not None
    assert model.bytes > 0
    assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
    assert model.file == model.file.replace("/", "").replace("\\", "")


@pytest.mark.parametrize("model", REGISTRY, ids=lambda model: model.name)
def test_official_models_have_a_safe_address_and_embedded_ones_none(model: ModelFile) -> None:
    if model.origin == "official":
        assert model.url is not None
        assert model.url.startswith("https://")
        assert model.url.endswith(".zip" if model.archive else f"/{model.file}")
    else:
        assert model.url is None


def test_the_required_roles_have_embedded_models_that_anyone_may_use() -> None:
    for role in (role for role, info in ROLES.items() if info.required):
        assert any(model.role == role and model.commercial_use == "yes" for model in EMBEDDED)


def test_each_role_has_at_most_one_embedded_model_of_a_scale_but_restorers_which_are_two() -> None:
    places = [(model.role, model.scale) for model in EMBEDDED if model.role != "restorer"]
    assert len(set(places)) == len(places)
    assert [model.name for model in EMBEDDED if model.role == "restorer"] == ["portrait-face", "compact-face"]


@pytest.mark.parametrize("model", EMBEDDED, ids=lambda model: model.name)
def test_embedded_files_are_there_and_as_registered(model: ModelFile) -> None:
    data = (EMBEDDED_DIR / model.file).read_bytes()
    assert len(data) == model.bytes
    assert hashlib.sha256(data).hexdigest() == model.sha256


def test_what_ships_is_small() -> None:
    sizes = {model.file: model.bytes or 0 for model in EMBEDDED}
    assert sum(sizes.values()) <= 18_000_000
    assert sizes["portrait-face.safetensors"] <= 4_000_000
    large = ("dlib-resnet.safetensors", "portrait-face.safetensors")
    assert all(size <= 1_050_000 for file, size in sizes.items() if file not in large)
    assert sizes["mtcnn.safetensors"] + sizes["dlib-resnet.safetensors"] < 13_000_000


def test_no_unregistered_file_lies_among_the_embedded_ones() -> None:
    there = {path.name for path in EMBEDDED_DIR.iterdir() if path.suffix}
    assert there == {model.file for model in EMBEDDED} | {HEADS.name}  # LPIPS's own, see NOTICE


def test_archived_models_say_what_lies_where() -> None:
    for model in REGISTRY:
        if model.archive is not None:
            assert model.archive.member == model.file
            assert model.archive.bytes > (model.bytes or 0)
            assert re.fullmatch(r"[0-9a-f]{64}", model.archive.sha256)


def test_a_twin_is_a_model_of_the_same_kind() -> None:
    by_name = {model.name: model for model in REGISTRY}
    pairs = [(model, by_name[model.denoise_with]) for model in REGISTRY if model.denoise_with]
    assert [(model.name, twin.name) for model, twin in pairs] == [("realesr-general-x4v3", "realesr-general-wdn-x4v3")]
    assert all((model.adapter, model.scale) == (twin.adapter, twin.scale) for model, twin in pairs)


@pytest.mark.parametrize("model", REGISTRY, ids=lambda model: model.name)
def test_recognisers_have_a_threshold_and_other_roles_none(model: ModelFile) -> None:
    if model.role == "recogniser":
        assert model.threshold is not None
        assert -1 < model.threshold < 1
    else:
        assert model.threshold is None


def test_every_role_has_an_official_model() -> None:
    assert {model.role for model in REGISTRY if model.origin == "official"} == set(ROLES)


SHARED_TABLE = Path(__file__).resolve().parents[5] / "shared" / "reference" / "weights.md"


@pytest.mark.shared
@pytest.mark.parametrize("model", [m for m in REGISTRY if m.origin == "official"], ids=lambda model: model.name)
def test_sizes_and_hashes_are_those_of_the_reference(model: ModelFile) -> None:
    if not SHARED_TABLE.is_file():
        pytest.skip(f"needs {SHARED_TABLE}")
    lines = [[cell.strip(" ·") for cell in line.split("|")[1:5]] for line in SHARED_TABLE.read_text().splitlines()]
    rows = {row[0].removesuffix(" (inside)"): row for row in lines if len(row) == 4 and row[2].isdigit()}
    assert rows[model.file][2:] == [str(model.bytes), model.sha256]
    if model.archive is not None:
        assert rows[str(model.url).rpartition("/")[2]][2:] == [str(model.archive.bytes), model.archive.sha256]
