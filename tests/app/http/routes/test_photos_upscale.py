"""`/upscale`: a photo is enlarged without looking for faces."""

from __future__ import annotations

import json

import pytest

from app.http.schemas.answers import EnhanceResponse
from tests.app import samples
from tests.app.server import Likeness


def test_upscale_enlarges_without_detecting_faces(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), upscale_factor=1.5, output_format="webp")
    assert response.status_code == 200
    document = response.json()
    EnhanceResponse.model_validate_json(json.dumps(document), strict=True)
    data = document["data"]
    assert samples.picture_in(data).size == (144, 144)
    assert data["media_type"] == "image/webp"
    assert data["faces"] == []
    assert data["metrics"]["psnr"] > 15
    assert "detection" not in data["timings_ms"]
    assert "no_face_detected" not in [warning["code"] for warning in data["warnings"]]


@pytest.mark.parametrize("field", ["strength", "faces", "require_face", "identity_policy"])
def test_upscale_refuses_fields_about_faces(likeness: Likeness, field: str) -> None:
    value = {"strength": "1", "faces": "all", "require_face": "true", "identity_policy": "warn"}[field]
    response = likeness.upscale(samples.small_face(), **{field: value})
    assert response.status_code == 422
    assert response.json()["code"] == "bad_parameter"
    assert field in response.json()["error"]
