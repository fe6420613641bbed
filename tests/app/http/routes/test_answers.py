"""What a photo's options change in the answer: format, quality, metrics, reference, the picture alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

DARK = images.png(np.zeros((80, 80, 3), np.uint8))  # no face


@pytest.mark.parametrize(("output_format", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_output_format(likeness: Likeness, output_format: str, name: str) -> None:
    data = likeness.data(samples.small_face(), output_format=output_format, background="resample")
    assert samples.picture_in(data).format == name
    assert data["media_type"] == f"image/{output_format}"


@pytest.mark.parametrize("output_format", ["jpeg", "webp"])
def test_quality_costs_bytes(likeness: Likeness, output_format: str) -> None:
    sizes = [len(resampled(likeness, output_format, quality)) for quality in (1, 50, 100)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_quality_does_not_touch_png(likeness: Likeness) -> None:
    assert resampled(likeness, "png", 1) == resampled(likeness, "png", 100)


def resampled(likeness: Likeness, output_format: str, quality: int) -> str:
    response = likeness.upscale(
        samples.small_face(), output_format=output_format, quality=quality, background="resample", metrics=False
    )
    image: str = response.json()["data"]["restored_image"]
    return image


def test_metrics_can_be_left_out(likeness: Likeness) -> None:
    data = likeness.data(samples.small_face(), metrics=False)
    assert data["metrics"] is None
    assert "metrics" not in data["timings_ms"]
    assert "lpips_unavailable" not in [warning["code"] for warning in data["warnings"]]


def test_metrics_compare_with_an_uploaded_reference(likeness: Likeness) -> None:
    truth = samples.file_of(samples.head(192), "PNG")
    good = likeness.data(samples.small_face(), reference=truth)["metrics"]
    bad = likeness.data(samples.small_face(), reference=samples.file_of(255 - samples.head(192), "PNG"))["metrics"]
    assert good["reference"] == bad["reference"] == "upload"
    assert good["psnr"] > bad["psnr"] + 5
    assert good["ssim"] > bad["ssim"]


def test_the_reference_equal_to_the_result_is_a_perfect_score(likeness: Likeness) -> None:
    result = likeness.data(samples.small_face())
    metrics = likeness.data(
        samples.small_face(), reference=samples.file_of(np.asarray(samples.picture_in(result)), "PNG")
    )
    assert metrics["metrics"]["ssim"] == pytest.approx(1, abs=0.01)
    assert metrics["metrics"]["psnr"] is None or metrics["metrics"]["psnr"] > 45


def test_a_reference_of_other_proportions_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), reference=samples.no_face())
    assert response.status_code == 422
    assert response.json()["code"] == "reference_mismatch"
    assert response.json()["stage"] == "reference"


def test_a_broken_reference_is_refused(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), reference=images.noise())
    assert response.status_code == 415
    assert response.json()["stage"] == "reference"


def test_a_figure_that_cannot_be_measured_is_null_with_a_warning(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.data(DARK)["metrics"]["lpips"] == 0.25
        fakes.perceptual.trouble.error = RuntimeError("the network is upset")
        data = server.data(DARK)
    assert data["metrics"]["lpips"] is None
    assert data["metrics"]["ssim"] is not None
    assert "metric_failed" in [warning["code"] for warning in data["warnings"]]


def test_blank_fields_take_their_defaults(likeness: Likeness) -> None:
    """An HTML form sends what was left blank as empty text, and a file that was not chosen as an empty one."""
    response = likeness.enhance(samples.small_face(), upscale_factor="", strength="")
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 192


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/webp", "image/webp"),
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("Image/WebP ; Q=0.9, */*;q=0.1", "image/webp"),
        ("image/png;q=0.2, image/webp;q=0.9", "image/webp"),
        ("application/json;q=0.5, image/jpeg", "image/jpeg"),
        ("application/pdf, image/webp;q=0, image/png", "image/png"),
        ("image/*", "image/jpeg"),
    ],
)
def test_the_picture_itself(likeness: Likeness, accept: str, media_type: str) -> None:
    response = likeness.enhance(samples.small_face(), accept=accept, output_format="jpeg", background="resample")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    picture = samples.opened(response.content)
    assert picture.format == media_type.removeprefix("image/").upper()
    assert picture.size == (192, 192)
    facts = json.loads(response.headers["x-likeness-facts"])
    assert facts["warnings"] == ["lpips_unavailable"]
    assert facts["metrics"]["psnr"] > 15


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, image/png",
        "image/png;q=0.5, application/json",
        "*/*",
        "*/*, image/png;q=0",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "image/png;q=much, application/json",
        "audio/ogg",
        "",
    ],
)
def test_the_document_if_it_is_wanted_more_or_nothing_is(likeness: Likeness, accept: str) -> None:
    response = likeness.upscale(samples.small_face(), accept=accept, background="resample")
    assert response.json()["status"] == "success"


def test_errors_are_json_also_where_a_picture_was_wanted(likeness: Likeness) -> None:
    response = likeness.enhance(samples.no_face(), accept="image/png")
    assert response.status_code == 422
    assert response.json()["code"] == "no_face_detected"
