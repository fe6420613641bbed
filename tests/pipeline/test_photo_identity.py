from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from tests.pipeline.fakes import (
    RedRecogniser,
)
from tests.pipeline.photos import LEFT, RIGHT, SMALL, actions, asking, codes, grey_photo, models, red_lost


def test_a_face_that_stays_itself_is_reported_with_its_similarity() -> None:
    result = enhance(grey_photo(), asking(), models(LEFT, recogniser=RedRecogniser(0.3)), Run())
    assert result.faces[0].verdict.identity_similarity == pytest.approx(0.7, abs=0.01)
    assert codes(result) == []


def test_warn_restores_and_gives_a_notice() -> None:
    options = asking(identity_policy="warn")
    result = enhance(grey_photo(), options, models(LEFT, RIGHT, recogniser=RedRecogniser(0.9)), Run())
    assert actions(result) == ["restored", "restored"]
    assert red_lost(result, 65, 80) == pytest.approx(0.5, abs=0.01)
    assert codes(result) == ["identity_low"]
    assert "2 face" in result.notices[0].message


def test_protect_lowers_the_strength_in_the_picture_too() -> None:
    options = asking(identity_policy="protect", identity_threshold=0.4)
    result = enhance(grey_photo(), options, models(LEFT, recogniser=RedRecogniser(0.9)), Run())
    verdict = result.faces[0].verdict
    assert (verdict.action, verdict.strength) == ("softened", 10 / 16)
    assert verdict.identity_similarity == pytest.approx(1 - 0.9 * 10 / 16, abs=0.01)
    assert red_lost(result, 65, 80) == pytest.approx(0.5 * 10 / 16, abs=0.01)
    assert codes(result) == ["identity_protected"]


def test_each_recogniser_has_a_threshold_of_its_own() -> None:
    photo, options = grey_photo(), asking(identity_policy="protect")
    for own, expected in ((0.3, "restored"), (0.5, "softened")):
        chosen = models(LEFT, recogniser=RedRecogniser(0.6, threshold=own))  # similarity 0.4
        assert actions(enhance(photo, options, chosen, Run())) == [expected]
        asked = replace(options, identity_threshold=0.35)
        assert actions(enhance(photo, asked, chosen, Run())) == ["restored"]


def test_protect_keeps_the_original_where_nothing_helps() -> None:
    options = asking(identity_policy="protect", identity_threshold=0.95)
    result = enhance(grey_photo(), options, models(LEFT, recogniser=RedRecogniser(2.0)), Run())
    assert actions(result) == ["kept"]
    plain = upscale_photo(grey_photo(), options, models(), Run())
    assert result.image.tobytes() == plain.image.tobytes()
    assert codes(result) == ["no_face_restored"]


def test_protect_without_a_recogniser_says_that_it_could_not() -> None:
    options = asking(identity_policy="protect")
    result = enhance(grey_photo(), options, models(LEFT), Run())
    assert actions(result) == ["restored"]
    assert codes(result) == ["identity_not_protected", "identity_unavailable"]


def test_only_models_that_were_used_are_named() -> None:
    recogniser = RedRecogniser()
    used = enhance(grey_photo(), asking(), models(LEFT, recogniser=recogniser), Run()).models
    assert used == {
        "detector": "fixed-detector",
        "restorer": "fake-restorer",
        "recogniser": "red-recogniser",
        "upscaler": "fake-upscaler",
    }
    options = asking(background="resample")
    assert set(enhance(grey_photo(), options, models(SMALL, recogniser=recogniser), Run()).models) == {"detector"}
    assert upscale_photo(grey_photo(), options, models(LEFT), Run()).models == {}
    assert set(upscale_photo(grey_photo(), asking(), models(LEFT), Run()).models) == {"upscaler"}
