from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import (
    NoFaceDetected,
    UnknownFace,
)
from pipeline.photo import enhance, upscale_photo
from pipeline.run import Run
from pipeline.types import Enhanced
from tests.pipeline.fakes import (
    FakeRestorer,
    RedRecogniser,
    face_in,
    with_less_red,
)
from tests.pipeline.photos import LEFT, RIGHT, SMALL, actions, asking, codes, grey_photo, models, red_lost

ROW = [face_in(5 + 80 * n, 30, 75 + 80 * n, 100) for n in range(4)]
ROW_PHOTO = grey_photo(340, 130)


def strengths(result: Enhanced) -> list[float]:
    return [report.verdict.strength for report in result.faces]


def column(face: Any, factor: float = 2) -> slice:
    """The columns in which a face of the row, alone in them, may change the result."""
    x0, x1 = factor * (face.box[[0, 2]] + (-4, 4))
    return slice(max(0, round(x0)), round(x1))


@settings(max_examples=25, deadline=None)
@given(
    strength=st.sampled_from([0.0, 0.4, 1.0]),
    choice=st.sampled_from(["all", "largest", "center"]),
    overrides=st.dictionaries(st.integers(0, 3), st.sampled_from([0.0, 0.01, 0.5, 1.0])),
)
def test_every_face_gets_the_strength_that_is_asked_for_it(
    strength: float, choice: Any, overrides: dict[int, float]
) -> None:
    """And nobody else's pixels change."""
    options = asking(strength=strength, faces=choice)
    overridden = replace(options, face_overrides=tuple(overrides.items()))
    restorer = FakeRestorer(with_less_red)
    before = enhance(ROW_PHOTO, options, models(*ROW), Run())
    after = enhance(ROW_PHOTO, overridden, models(*ROW, restorer=restorer), Run())
    assert strengths(after) == [overrides.get(index, found) for index, found in enumerate(strengths(before))]
    assert sum(restorer.batches) == actions(after).count("restored")  # faces of strength 0 cost nothing
    for index, face in enumerate(ROW):
        columns = column(face)
        lost = red_lost(after, *(face.box[:2] + face.box[2:]) / 2)
        assert lost == pytest.approx(0.5 * strengths(after)[index], abs=0.01)
        if index not in overrides:
            assert after.faces[index].verdict == before.faces[index].verdict
            assert after.image[:, columns].tobytes() == before.image[:, columns].tobytes()
        elif overrides[index] == 0:
            assert after.faces[index].verdict.action == "kept"
            assert "for this face" in str(after.faces[index].verdict.reason)
    again = enhance(ROW_PHOTO, overridden, models(*ROW), Run())
    assert again.image.tobytes() == after.image.tobytes()


def test_all_faces_overridden_are_as_with_that_strength_for_all() -> None:
    everybody = asking(strength=0, faces="largest", face_overrides=tuple((n, 0.6) for n in range(4)))
    result = enhance(ROW_PHOTO, everybody, models(*ROW), Run())
    assert result.image.tobytes() == enhance(ROW_PHOTO, asking(strength=0.6), models(*ROW), Run()).image.tobytes()
    nobody = asking(face_overrides=tuple((n, 0.0) for n in range(4)))
    result = enhance(ROW_PHOTO, nobody, models(*ROW), Run())
    assert result.image.tobytes() == upscale_photo(ROW_PHOTO, nobody, models(), Run()).image.tobytes()
    assert codes(result) == ["no_face_restored"]
    assert set(result.models) == {"detector", "upscaler"}


def test_an_override_does_not_restore_what_cannot_be() -> None:
    options = asking(strength=0, face_overrides=((1, 1.0), (2, 1.0)))
    small_and_large = models(LEFT, SMALL, RIGHT, restorer=FakeRestorer(with_less_red, max_native_size=95))
    result = enhance(grey_photo(squares=0.2), options, small_and_large, Run())
    assert actions(result) == ["kept"] * 3
    assert [str(report.verdict.reason).split()[0] for report in result.faces] == ["Strength", "Too", "At"]


def test_protect_starts_from_the_override() -> None:
    options = asking(strength=0.3, identity_policy="protect", face_overrides=((1, 0.8), (2, 0.5), (3, 0.0)))
    result = enhance(ROW_PHOTO, options, models(*ROW, recogniser=RedRecogniser(0.9)), Run())
    assert actions(result) == ["restored", "softened", "restored", "kept"]
    assert strengths(result) == [0.3, pytest.approx(0.8 * 13 / 16), 0.5, 0]
    assert "from 0.8" in str(result.faces[1].verdict.reason)
    assert red_lost(result, 120, 65) == pytest.approx(0.5 * 0.8 * 13 / 16, abs=0.01)


@pytest.mark.parametrize("faces", [(), (LEFT, RIGHT)])
def test_an_override_of_a_face_that_is_not_there_costs_no_restoration(faces: tuple[Any, ...]) -> None:
    run, restorer = Run(), FakeRestorer(with_less_red)
    options = asking(require_face=False, face_overrides=((2, 0.5),))
    with pytest.raises(UnknownFace) as caught:
        enhance(grey_photo(), options, models(*faces, restorer=restorer), run)
    assert caught.value.stage == "detection"
    assert list(run.timings_ms) == ["detection"]
    assert restorer.batches == []


def test_no_face_at_all_is_the_error_of_a_photo_that_must_have_one() -> None:
    with pytest.raises(NoFaceDetected):
        enhance(grey_photo(), asking(face_overrides=((0, 0.5),)), models(), Run())
