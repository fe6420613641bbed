"""The configuration that the server publishes: limits, defaults, choices, and the identity threshold."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from fastapi import UploadFile

from app.http.schemas.forms import EnhanceForm
from app.http.schemas.state import Config
from app.settings import Settings
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.registry import REGISTRY
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, READY, Likeness, serving

ARCFACE = next(model for model in REGISTRY if model.name == "arcface-w600k-r50")


def test_config_has_limits_defaults_and_choices(likeness: Likeness) -> None:
    response = likeness.client.get("/api/v1/config")
    assert response.status_code == 200
    found = response.json()
    Config.model_validate(found)
    assert set(found) == set(Config.model_fields)
    assert found["limits"] == {
        "max_upload_mb": 10,
        "max_input_megapixels": 25,
        "max_output_megapixels": 100,
        "deadline_s": Settings().deadline_s,
        "media_types": [
            *("image/png", "image/jpeg", "image/webp", "image/tiff"),
            *("image/bmp", "image/gif", "image/avif", "image/heic"),
        ],
        "url_fetch": False,
        "upscale_factor": [1, 8],
        "width": [16, 32768],
        "height": [16, 32768],
        "long_side": [16, 32768],
        "strength": [0, 1],
        "quality": [1, 100],
        "identity_threshold": [-1, 1],
        "denoise_strength": [0, 1],
    }
    assert found["defaults"] == {
        "upscale_factor": 2,
        "width": None,
        "height": None,
        "long_side": None,
        "strength": 1,
        "faces": "all",
        "face_overrides": None,
        "face_boxes": None,
        "require_face": True,
        "color_lock": True,
        "color_correction": "none",
        "background": "upscale",
        "restorer": "portrait-face",
        "upscaler": None,
        "denoise_strength": 1,
        "self_ensemble": False,
        "identity_policy": "warn",
        "identity_threshold": found["identity_threshold"],
        "output_format": "png",
        "quality": 95,
        "lossless": False,
        "chroma_subsampling": "auto",
        "progressive": False,
        "bit_depth": "8",
        "color_profile": "srgb",
        "metadata": "none",
        "keep_location": False,
        "preset": "balanced",
        "metrics": True,
        "dry_run": False,
        "preview": False,
    }
    assert found["choices"] == {
        "faces": ["all", "largest", "center"],
        "color_correction": ["none", "auto"],
        "background": ["upscale", "resample"],
        "identity_policy": ["warn", "protect"],
        "output_format": ["png", "jpeg", "webp", "avif", "tiff", "same"],
        "chroma_subsampling": ["auto", "4:4:4", "4:2:0"],
        "bit_depth": ["8", "16"],
        "color_profile": ["srgb", "keep"],
        "metadata": ["none", "keep"],
        "preset": ["fast", "balanced", "best", "old_photo", "sharper", "larger"],
        "restorer": ["portrait-face", "compact-face"],
        "upscaler": ["compact-x2", "compact-x4"],
    }
    assert found["models"] == likeness.client.get("/api/v1/health").json()["models"]
    assert found["lacking"] == [
        {
            "role": "perceptual",
            "models": ["lpips-alex"],
            "command": "python -m app models pull lpips-alex --accept-licences",
            "setting": "LIKENESS_MODELS=embedded",  # as the tests' servers have it
            "instead": [],
            "bytes": 244_408_911,
        }
    ]
    assert found["presets"] == {
        "fast": {
            "fields": {"metrics": False, "background": "resample"},
            "models": ["portrait-face", "compact-x2", "compact-x4"],
        },
        "balanced": {"fields": {}, "models": []},
        "best": {"fields": {"self_ensemble": True}, "models": []},
        "old_photo": {"fields": {"strength": 1, "color_correction": "auto"}, "models": []},
        "sharper": {"fields": {"strength": 0.65, "identity_policy": "protect"}, "models": ["portrait-face"]},
        "larger": {"fields": {"strength": 0, "require_face": False}, "models": []},
    }
    assert found["denoisers"] == []


def test_config_names_the_upscalers_that_can_leave_noise(likeness: Likeness) -> None:
    loaded = likeness.app.state.service.loaded_models
    before, twin = loaded.selection, next(model for model in REGISTRY if model.name == "realesr-general-wdn-x4v3")
    try:
        loaded.selection = replace(before, denoise_with={"compact-x4": twin, "realesr-general-x4v3": twin})
        assert likeness.client.get("/api/v1/config").json()["denoisers"] == ["compact-x4"]  # the other is not offered
    finally:
        loaded.selection = before


def test_config_shows_the_settings(fakes: FakeModels) -> None:
    with serving(fakes, max_upload_mb=3, deadline_s=7, slots=2, queue_size=5) as server:
        config, status = server.client.get("/api/v1/config").json(), server.status()
    assert (config["limits"]["max_upload_mb"], config["limits"]["deadline_s"]) == (3, 7)
    assert (status["slots"], status["queue_size"]) == (2, 5)
    assert config["models"]["detector"] == "fake-detector"


@pytest.mark.parametrize("until", [LIVE, READY])
@pytest.mark.parametrize(("is_set", "own", "expected"), [(None, 0.35, 0.35), (None, -0.2, -0.2), (0.0, 0.35, 0.0)])
def test_config_shows_the_identity_threshold_and_its_recogniser(
    is_set: float | None, own: float, expected: float, until: str, fakes: FakeModels
) -> None:
    with serving(fakes, until=until, identity_threshold=is_set) as server:
        use_recogniser(server, replace(ARCFACE, threshold=own))
        found = server.client.get("/api/v1/config").json()
    assert (found["identity_threshold"], found["identity_recogniser"]) == (expected, ARCFACE.name)
    assert found["defaults"]["identity_threshold"] == expected


@pytest.mark.parametrize("is_set", [None, 0.6])
def test_config_without_a_recogniser_has_no_threshold(is_set: float | None, fakes: FakeModels) -> None:
    with serving(fakes, recogniser="none", identity_threshold=is_set) as server:
        found = server.client.get("/api/v1/config").json()
    assert (found["identity_threshold"], found["identity_recogniser"]) == (None, None)
    assert found["defaults"]["identity_threshold"] is None
    lack = next(lack for lack in found["lacking"] if lack["role"] == "recogniser")
    assert (lack["command"], lack["setting"], lack["instead"]) == (None, "LIKENESS_RECOGNISER=none", ["dlib-resnet"])


def use_recogniser(server: Likeness, model: ModelFile) -> None:
    """Select this recogniser, without loading its weights."""
    loaded = server.app.state.service.loaded_models
    loaded.selection = replace(loaded.selection, defaults=loaded.selection.defaults | {"recogniser": (model,)})


def test_the_bounds_in_config_are_those_of_the_form(likeness: Likeness) -> None:
    limits = likeness.client.get("/api/v1/config").json()["limits"]
    for name in (
        "upscale_factor",
        "width",
        "height",
        "long_side",
        "strength",
        "quality",
        "identity_threshold",
        "denoise_strength",
    ):
        for value in limits[name]:
            EnhanceForm.model_validate({"file": _upload(), name: value})


def _upload() -> object:
    return UploadFile(BytesIO(b"x"))
