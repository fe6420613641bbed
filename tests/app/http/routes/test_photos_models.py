"""Form fields about models: `restorer`, `upscaler`, `background` and `denoise_strength`."""

from __future__ import annotations

import pytest

from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.routes.dark_photo import DARK
from tests.app.server import Likeness, serving


def test_background_resample_does_not_run_the_upscaler(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        warm_up = fakes.upscaler.tiles
        resampled = server.data(samples.no_face(), background="resample")
        assert fakes.upscaler.tiles == warm_up
        upscaled = server.data(samples.no_face(), background="upscale")
        assert fakes.upscaler.tiles > warm_up
    assert (resampled["width"], resampled["height"]) == (upscaled["width"], upscaled["height"]) == (128, 96)


def test_an_upscaler_can_be_chosen_by_name(likeness: Likeness) -> None:
    answers = [
        likeness.upscale(DARK, upscale_factor=2, **options).json()["data"]
        for options in ({}, {"upscaler": "compact-x2"}, {"upscaler": "compact-x4"})
    ]
    assert [answer["models"]["upscaler"] for answer in answers] == ["compact-x2", "compact-x2", "compact-x4"]
    assert {answer["width"] for answer in answers} == {160}
    data = likeness.enhance(samples.small_face(), restorer="compact-face", upscaler="compact-x4").json()["data"]
    assert (data["models"]["restorer"], data["models"]["upscaler"]) == ("compact-face", "compact-x4")


@pytest.mark.parametrize("field", ["restorer", "upscaler"])
def test_a_model_that_is_not_offered_is_refused_and_the_offered_ones_are_named(likeness: Likeness, field: str) -> None:
    response = likeness.enhance(DARK, **{field: "gfpgan-v1.4"})
    assert response.status_code == 422
    found = response.json()
    assert (found["code"], found["stage"]) == ("bad_parameter", "parameters")
    first = {"restorer": "portrait-face", "upscaler": "compact-x2"}[field]
    assert found["error"].startswith(f"{field}: this server offers {first}, ")
    assert "gfpgan-v1.4" in found["error"]


def test_an_unsupported_denoise_strength_gives_a_warning(likeness: Likeness) -> None:
    data = likeness.upscale(DARK, denoise_strength=0.5).json()["data"]
    assert [warning["code"] for warning in data["warnings"]].count("denoise_unavailable") == 1
    plain = likeness.upscale(DARK, denoise_strength=0.5, background="resample").json()["data"]
    assert [warning["code"] for warning in plain["warnings"]].count("upscaler_unused") == 1
