"""Form fields about metrics: `metrics` and `reference`."""

from __future__ import annotations

import numpy as np
import pytest

from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.routes.dark_photo import DARK
from tests.app.server import Likeness, serving


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


def test_a_reference_equal_to_the_result_has_a_perfect_score(likeness: Likeness) -> None:
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


def test_a_metric_that_fails_is_null_with_a_warning(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.data(DARK)["metrics"]["lpips"] == 0.25
        fakes.perceptual.trouble.error = RuntimeError("the network failed")
        data = server.data(DARK)
    assert data["metrics"]["lpips"] is None
    assert data["metrics"]["ssim"] is not None
    assert "metric_failed" in [warning["code"] for warning in data["warnings"]]
