"""Whole runs in which the user marks faces with boxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFaceBox, NoFaceDetected, UnknownFace
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions, FaceBox
from pipeline.photo import enhance
from pipeline.run import Run
from pipeline.types import Enhanced, Face, Image, Photo
from tests.pipeline.fakes import FakeRestorer, FixedDetector, RedRecogniser, face_in, fake_models, with_less_red
from tests.pipeline.photos import LEFT, actions, asking, codes, frozen, grey_photo, models, red_lost

BOX: FaceBox = (130, 40, 230, 140)
MIDDLE = (180, 90)  # of the box


class FarSighted(FixedDetector):
    """Finds its faces in the whole photo, and none in a part of it."""

    def detect(self, image: Image, check: Callable[[], None]) -> list[Face]:
        return super().detect(image, check) if image.shape == grey_photo().image.shape else []


def finding(*faces: Face) -> Models:
    return fake_models(FarSighted(faces), FakeRestorer(with_less_red))


def estimated(result: Enhanced) -> list[bool]:
    return [report.face.landmarks_estimated for report in result.faces]


def test_a_marked_face_is_restored_as_the_others_are() -> None:
    result = enhance(grey_photo(), asking(face_boxes=(BOX,), strength=0.6), finding(LEFT), Run())
    assert (actions(result), estimated(result)) == (["restored"] * 2, [False, True])
    assert [report.verdict.strength for report in result.faces] == [0.6, 0.6]
    assert red_lost(result, *MIDDLE) == pytest.approx(0.3, abs=0.01)
    assert codes(result) == ["identity_unavailable", "landmarks_estimated"]
    assert result.faces[1].face.score == 0


def test_a_box_satisfies_require_face() -> None:
    with pytest.raises(NoFaceDetected):
        enhance(grey_photo(), asking(), models(), Run())
    result = enhance(grey_photo(), asking(face_boxes=(BOX,)), models(), Run())
    assert (actions(result), estimated(result)) == (["restored"], [True])


@pytest.mark.parametrize(("choice", "restored"), [("largest", 1), ("center", 0)])
def test_the_choice_of_faces_is_made_over_all(choice: str, restored: int) -> None:
    found = face_in(80, 60, 150, 130)
    box: FaceBox = (155, 20, 245, 150)  # larger, and farther from the middle
    result = enhance(grey_photo(), asking(faces=choice, face_boxes=(box,)), finding(found), Run())
    assert [action == "restored" for action in actions(result)] == [restored == 0, restored == 1]


def test_overrides_count_the_marked_faces_too() -> None:
    """The box lies to the left of the face that is found, so it moves that one to the second place."""
    right = face_in(*BOX)
    left: FaceBox = (20, 30, 110, 120)
    options = asking(face_boxes=(left,), face_overrides=((0, 0.0), (1, 0.5)))
    result = enhance(grey_photo(), options, finding(right), Run())
    assert [report.verdict.strength for report in result.faces] == [0, 0.5]
    assert (actions(result), estimated(result)) == (["kept", "restored"], [True, False])
    with pytest.raises(UnknownFace, match="names face 2; this photo has 2 faces, 0 to 1"):
        enhance(grey_photo(), replace(options, face_overrides=((2, 1.0),)), finding(right), Run())


def test_a_box_without_room_costs_no_detection() -> None:
    run, detector = Run(), FixedDetector([LEFT])
    with pytest.raises(BadFaceBox) as caught:
        enhance(grey_photo(), asking(face_boxes=((300, 0, 400, 90),)), fake_models(detector), run)
    assert caught.value.stage == "detection"
    assert list(run.timings_ms) == ["detection"]


def test_the_likeness_of_an_estimated_face_is_protected() -> None:
    options = asking(face_boxes=(BOX,), identity_policy="protect")
    result = enhance(grey_photo(), options, models(recogniser=RedRecogniser(0.9)), Run())
    assert actions(result) == ["softened"]
    assert result.faces[0].verdict.identity_similarity == pytest.approx(0.4, abs=0.05)
    assert codes(result) == ["identity_protected", "landmarks_estimated"]


def test_a_tiny_box_is_a_face_that_is_too_small() -> None:
    result = enhance(grey_photo(), asking(face_boxes=((50, 50, 60, 60),)), models(), Run())
    assert actions(result) == ["kept"]
    assert str(result.faces[0].verdict.reason).startswith("Too small")


@settings(max_examples=20, deadline=None)
@given(boxes=st.lists(st.tuples(*[st.floats(-300, 500)] * 4), max_size=4))
def test_any_boxes_are_refused_or_give_faces_inside_the_photo(boxes: list[FaceBox]) -> None:
    boxes = [(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) for x0, y0, x1, y1 in boxes]
    restorer = FakeRestorer(with_less_red)
    options = asking(face_boxes=tuple(boxes), require_face=False)
    try:
        result = enhance(grey_photo(), options, models(restorer=restorer, recogniser=RedRecogniser()), Run())
    except BadFaceBox:
        return
    assert len(result.faces) <= len(boxes)
    assert np.isfinite(result.image).all()
    for report in result.faces:
        assert (report.face.box >= 0).all()
        assert (report.face.box <= [249, 169, 249, 169]).all()
    again = enhance(grey_photo(), options, models(recogniser=RedRecogniser()), Run())
    assert again.image.tobytes() == result.image.tobytes()


# --- with the embedded models ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dark(degraded_astronaut: Image) -> Photo:
    return Photo(frozen(np.round(degraded_astronaut[:150, 30:180] * 0.08 * 255) / 255))


def test_a_dark_face_is_restored_in_its_box(dark: Photo, embedded_models: Models) -> None:
    with pytest.raises(NoFaceDetected):
        enhance(dark, EnhanceOptions(), embedded_models, Run())
    result = enhance(dark, EnhanceOptions(face_boxes=((58, 30, 105, 88),)), embedded_models, Run())
    (report,) = result.faces
    assert not report.face.landmarks_estimated
    assert report.verdict.identity_similarity is not None
    assert "landmarks_estimated" not in codes(result)


def test_boxes_without_a_face_do_no_harm_to_the_run(dark: Photo, embedded_models: Models) -> None:
    """The crops hold no face; restorer and recogniser take them all the same."""
    boxes: tuple[FaceBox, ...] = ((0, 90, 40, 149), (100, 0, 149, 15), (110, 100, 149, 149))
    options = EnhanceOptions(face_boxes=boxes, identity_policy="protect")
    result = enhance(dark, options, embedded_models, Run())
    assert len(result.faces) == 3
    assert np.isfinite(result.image).all()
    assert all(report.face.landmarks_estimated == (report.face.score == 0) for report in result.faces)
