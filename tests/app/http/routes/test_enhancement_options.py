"""Options of the enhancement: colour, background, identity, models, denoising."""

from __future__ import annotations

import numpy as np
import pytest

from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

DARK = images.png(np.zeros((80, 80, 3), np.uint8))  # no face


def test_color_correction_brings_contrast_to_a_faded_photo(likeness: Likeness) -> None:
    faded = samples.file_of((samples.head() * 0.3 + 100).astype(np.uint8), "PNG")
    none, auto = (
        samples.pixels_in(likeness.upscale(faded, color_correction=choice, upscale_factor=1).json()["data"])
        for choice in ("none", "auto")
    )
    assert auto.std() > 1.3 * none.std()


def test_background_resample_leaves_the_network_out(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        warm_up = fakes.upscaler.tiles
        resampled = server.data(samples.no_face(), background="resample")
        assert fakes.upscaler.tiles == warm_up
        upscaled = server.data(samples.no_face(), background="upscale")
        assert fakes.upscaler.tiles > warm_up
    assert (resampled["width"], resampled["height"]) == (upscaled["width"], upscaled["height"]) == (128, 96)


def test_identity_policy(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes) as server:
        warned = server.data(DARK, identity_policy="warn")
        softened = server.data(DARK, identity_policy="protect")
        fakes.recogniser.fall = 40.0
        kept = server.data(DARK, identity_policy="protect")
    (face,) = warned["faces"]
    assert (face["action"], face["strength"]) == ("restored", 1.0)
    assert face["identity_similarity"] == warned["metrics"]["identity_similarity"] == pytest.approx(0, abs=0.01)
    assert "identity_low" in [warning["code"] for warning in warned["warnings"]]
    (face,) = softened["faces"]
    assert face["action"] == "softened"
    assert 0.5 <= face["strength"] <= 0.6
    assert face["identity_similarity"] >= 0.4
    assert softened["metrics"]["identity_similarity"] == face["identity_similarity"]
    assert "identity_protected" in [warning["code"] for warning in softened["warnings"]]
    (face,) = kept["faces"]
    assert (face["action"], face["strength"]) == ("kept", 0)
    assert face["reason"]
    assert kept["metrics"]["identity_similarity"] is None
    assert "no_face_restored" in [warning["code"] for warning in kept["warnings"]]


def test_identity_threshold_is_a_setting(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes, identity_threshold=-0.5) as server:
        (face,) = server.data(DARK, identity_policy="protect")["faces"]
    assert face["action"] == "restored"


@pytest.mark.parametrize(("own", "action"), [(0.45, "restored"), (0.55, "softened")])
def test_unless_a_threshold_is_set_the_recognisers_own_holds(fakes: FakeModels, own: float, action: str) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = own
    with serving(fakes) as server:
        (face,) = server.data(DARK, identity_policy="protect")["faces"]
    assert face["action"] == action


def test_the_field_goes_before_the_setting_and_that_before_the_recognisers_own(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = 0.8
    with serving(fakes, identity_threshold=0.45) as server:
        by_setting = server.data(DARK, identity_policy="protect")["faces"][0]
        by_field = server.data(DARK, identity_policy="protect", identity_threshold=0.55)["faces"][0]
    assert (by_setting["action"], by_field["action"]) == ("restored", "softened")
    assert "0.55" in by_field["reason"]


def test_identity_threshold_is_also_a_field(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    with serving(fakes) as server:
        actions = [
            server.enhance(DARK, identity_policy="protect", identity_threshold=threshold).json()["data"]["faces"][0]
            for threshold in (0.45, 0.55)
        ]
    assert [face["action"] for face in actions] == ["restored", "softened"]
    assert "0.55" in actions[1]["reason"]


def test_another_upscaler_by_name(likeness: Likeness) -> None:
    answers = [
        likeness.upscale(DARK, upscale_factor=2, **options).json()["data"]
        for options in ({}, {"upscaler": "compact-x2"}, {"upscaler": "compact-x4"})
    ]
    assert [answer["models"]["upscaler"] for answer in answers] == ["compact-x2", "compact-x2", "compact-x4"]
    assert {answer["width"] for answer in answers} == {160}
    data = likeness.enhance(samples.small_face(), restorer="compact-face", upscaler="compact-x4").json()["data"]
    assert (data["models"]["restorer"], data["models"]["upscaler"]) == ("compact-face", "compact-x4")


@pytest.mark.parametrize("field", ["restorer", "upscaler"])
def test_a_model_that_is_not_offered_is_refused_with_those_that_are(likeness: Likeness, field: str) -> None:
    response = likeness.enhance(DARK, **{field: "gfpgan-v1.4"})
    assert response.status_code == 422
    found = response.json()
    assert (found["code"], found["stage"]) == ("bad_parameter", "parameters")
    assert found["error"].startswith(f"{field}: this server offers compact-")
    assert "gfpgan-v1.4" in found["error"]


def test_denoising_that_cannot_be_lessened_is_said(likeness: Likeness) -> None:
    data = likeness.upscale(DARK, denoise_strength=0.5).json()["data"]
    assert [warning["code"] for warning in data["warnings"]].count("denoise_unavailable") == 1
    plain = likeness.upscale(DARK, denoise_strength=0.5, background="resample").json()["data"]
    assert [warning["code"] for warning in plain["warnings"]].count("upscaler_unused") == 1
