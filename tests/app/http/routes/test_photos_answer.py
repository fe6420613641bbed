"""`/enhance` with default parameters: the JSON document and the picture in it."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from app.http.schemas.answers import EnhanceResponse
from tests.app import samples
from tests.app.server import Likeness

DATA_KEYS = {
    "restored_image",
    "media_type",
    "width",
    "height",
    "metrics",
    "faces",
    "processing_time_ms",
    "timings_ms",
    "models",
    "warning",
    "warnings",
}

FACE_KEYS = {
    "box",
    "landmarks",
    "landmarks_estimated",
    "score",
    "blur",
    "identity_similarity",
    "strength",
    "action",
    "reason",
}

STAGES = {"decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "metrics", "encode"}


@pytest.fixture(scope="module")
def answer(likeness: Likeness) -> dict[str, Any]:
    """The whole portrait with default parameters."""
    response = likeness.enhance(samples.portrait())
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def test_the_document_has_exactly_the_shape_of_the_contract(answer: dict[str, Any]) -> None:
    assert set(answer) == {"status", "data"}
    assert answer["status"] == "success"
    data = answer["data"]
    assert set(data) == DATA_KEYS
    EnhanceResponse.model_validate_json(json.dumps(answer), strict=True)
    assert set(data["metrics"]) == {"psnr", "ssim", "lpips", "identity_similarity", "reference"}
    assert all(set(face) == FACE_KEYS for face in data["faces"])
    assert all(set(warning) == {"code", "message"} for warning in data["warnings"])
    assert data["models"]["detector"] == "mtcnn"
    assert data["models"]["restorer"] == "portrait-face"
    assert data["models"]["recogniser"] == "dlib-resnet"


def test_the_picture_has_twice_the_size(answer: dict[str, Any]) -> None:
    data = answer["data"]
    picture = samples.picture_in(data)
    assert picture.format == "PNG"
    assert picture.mode == "RGB"
    assert picture.size == (data["width"], data["height"]) == (512, 512)
    assert data["media_type"] == "image/png"


def test_the_picture_shows_the_photo(answer: dict[str, Any]) -> None:
    shrunk = samples.resized(np.asarray(samples.picture_in(answer["data"])), 256, 256).astype(float)
    photo = np.asarray(samples.opened(samples.portrait())).astype(float)
    assert np.abs(shrunk - photo).mean() < 12


def test_one_face_is_found_and_restored(answer: dict[str, Any]) -> None:
    (face,) = answer["data"]["faces"]
    assert face["action"] == "restored"
    assert face["strength"] == 1.0
    assert face["reason"] is None
    assert 0 < face["score"] <= 1
    assert 0 <= face["blur"] < 3
    x0, y0, x1, y1 = face["box"]
    assert x0 < 112 < x1  # the portrait's nose
    assert y0 < 60 < y1
    assert len(face["landmarks"]) == 5
    assert all(x0 <= x <= x1 and y0 <= y <= y1 for x, y in face["landmarks"])
    assert face["landmarks_estimated"] is False


def test_the_metrics_are_finite_numbers(answer: dict[str, Any]) -> None:
    metrics = answer["data"]["metrics"]
    assert metrics["reference"] == "input"
    assert math.isfinite(metrics["psnr"])
    assert metrics["psnr"] > 15
    assert 0.3 < metrics["ssim"] <= 1


def test_identity_is_measured_by_the_embedded_recogniser(answer: dict[str, Any]) -> None:
    (face,) = answer["data"]["faces"]
    assert face["identity_similarity"] == answer["data"]["metrics"]["identity_similarity"]
    assert 0.8 < face["identity_similarity"] <= 1


def test_a_metric_without_its_model_is_null_with_a_warning(answer: dict[str, Any]) -> None:
    data = answer["data"]
    assert data["metrics"]["lpips"] is None
    assert {warning["code"] for warning in data["warnings"]} == {"lpips_unavailable"}
    assert data["warning"] == data["warnings"][0]["message"]


def test_every_stage_has_its_time(answer: dict[str, Any]) -> None:
    data = answer["data"]
    assert set(data["timings_ms"]) >= STAGES
    assert all(value >= 0 for value in data["timings_ms"].values())
    assert 0 < sum(data["timings_ms"].values()) <= data["processing_time_ms"] + len(data["timings_ms"])
