from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.errors import (
    NoFaceDetected,
)
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from tests.pipeline.fakes import (
    FakeParser,
    FakeRestorer,
    with_less_red,
)
from tests.pipeline.photos import LEFT, RIGHT, SMALL, STAGES, actions, asking, codes, grey_photo, models, red_lost


def test_every_face_is_restored_and_reported() -> None:
    run = Run()
    result = enhance(grey_photo(), asking(), models(LEFT, RIGHT), run)
    assert result.image.shape == (340, 500, 3)
    assert result.image.dtype == np.float32
    assert 0 <= result.image.min() <= result.image.max() <= 1
    assert actions(result) == ["restored", "restored"]
    assert [report.face.box.tolist() for report in result.faces] == [LEFT.box.tolist(), RIGHT.box.tolist()]
    assert red_lost(result, 65, 80) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 180, 95) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 125, 160) == 0
    assert set(result.models) == {"detector", "restorer", "upscaler"}
    assert codes(result) == ["identity_unavailable"]
    assert list(run.timings_ms) == STAGES[1:]
    assert result.alpha is None


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("all", ["restored", "kept", "restored"]),
        ("largest", ["kept", "kept", "restored"]),
        ("center", ["kept", "kept", "kept"]),
    ],
)
def test_only_chosen_faces_large_enough_are_restored_and_the_others_say_why(choice: Any, expected: list[str]) -> None:
    """The small face is the one nearest the centre."""
    result = enhance(grey_photo(), asking(faces=choice), models(LEFT, SMALL, RIGHT), Run())
    assert actions(result) == expected
    assert (red_lost(result, 65, 80) > 0.4) == (expected[0] == "restored")
    assert (red_lost(result, 180, 95) > 0.4) == (expected[2] == "restored")
    for report in result.faces:
        assert (report.verdict.reason is None) == (report.verdict.action == "restored")
        assert (report.verdict.strength == 0) == (report.verdict.action == "kept")
    reason = result.faces[1].verdict.reason
    assert reason is not None
    assert ("asked for" if choice == "largest" else "too small") in reason.lower()
    assert ("no_face_restored" in codes(result)) == (choice == "center")


def test_a_face_larger_than_the_restorer_can_is_kept_with_the_reason() -> None:
    restorer = FakeRestorer(with_less_red, max_native_size=95)
    result = enhance(
        grey_photo(squares=0.2), asking(background="resample"), models(LEFT, RIGHT, restorer=restorer), Run()
    )
    assert actions(result) == ["restored", "kept"]
    reason = result.faces[1].verdict.reason
    assert reason is not None
    assert "100 pixels" in reason
    assert "95" in reason
    assert restorer.batches == [1]
    assert red_lost(result, 180, 95) == 0


@pytest.mark.parametrize("strength", [0.25, 0.5])
def test_strength_is_a_real_one(strength: float) -> None:
    result = enhance(grey_photo(), asking(strength=strength), models(LEFT), Run())
    assert red_lost(result, 65, 80) == pytest.approx(0.5 * strength, abs=0.01)
    assert result.faces[0].verdict.strength == strength


@pytest.mark.parametrize("background", ["upscale", "resample"])
@pytest.mark.parametrize("factor", [1.0, 2.0, 3.3])
def test_strength_zero_gives_the_plain_upscaled_photo(background: Any, factor: float) -> None:
    options = asking(strength=0.0, background=background, upscale_factor=factor)
    enhanced = enhance(grey_photo(), options, models(LEFT, RIGHT), Run())
    upscaled = upscale_photo(grey_photo(), options, models(), Run())
    assert enhanced.image.tobytes() == upscaled.image.tobytes()
    assert actions(enhanced) == ["kept", "kept"]
    assert all("Strength 0" in str(report.verdict.reason) for report in enhanced.faces)


def test_no_face_is_an_error_where_one_is_required() -> None:
    run = Run()
    with pytest.raises(NoFaceDetected) as caught:
        enhance(grey_photo(), asking(require_face=True), models(), run)
    assert caught.value.stage == "detection"
    assert "upscaling" not in run.timings_ms


def test_no_face_is_upscaled_with_a_notice_where_none_is_required() -> None:
    result = enhance(grey_photo(), asking(require_face=False), models(), Run())
    assert result.image.tobytes() == upscale_photo(grey_photo(), asking(), models(), Run()).image.tobytes()
    assert result.faces == ()
    assert codes(result) == ["no_face_detected"]


def test_a_face_that_cannot_be_restored_still_counts_as_one() -> None:
    result = enhance(grey_photo(), asking(require_face=True), models(SMALL), Run())
    assert actions(result) == ["kept"]
    assert codes(result) == ["no_face_restored"]


def test_a_parser_decides_what_is_pasted() -> None:
    upper = replace(models(LEFT), parser=FakeParser(rows=(0, 256)))
    result = enhance(grey_photo(), asking(), upper, Run())
    assert result.models["parser"] == "fake-parser"
    assert red_lost(result, 65, 50) == pytest.approx(0.5, abs=0.01)
    assert red_lost(result, 65, 105) == pytest.approx(0, abs=0.01)
