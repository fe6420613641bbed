from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NoFaceDetected, UnknownFace
from pipeline.options import EnhanceOptions, FaceChoice
from pipeline.plan import make_plan, request_faces, select, to_align
from pipeline.types import CROP_SIZE, Crop, Verdict
from tests.pipeline.fakes import face_in

FACES = [face_in(10, 10, 60, 60), face_in(140, 80, 160, 110), face_in(200, 20, 290, 120)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("all", [True, True, True]), ("largest", [False, False, True]), ("center", [False, True, False])],
)
def test_the_choice_of_faces(choice: FaceChoice, expected: list[bool]) -> None:
    assert select(FACES, choice, (300, 200)) == expected


@pytest.mark.parametrize("choice", ["all", "largest", "center"])
def test_the_choice_among_none_is_empty(choice: FaceChoice) -> None:
    assert select([], choice, (300, 200)) == []


@pytest.mark.parametrize("choice", ["largest", "center"])
def test_the_choice_among_equals_is_one(choice: FaceChoice) -> None:
    assert select([FACES[0]] * 3, choice, (300, 200)) == [True, False, False]


@pytest.mark.parametrize(("width", "height", "expected"), [(60, 60, 0), (500, 140, 2)])
def test_the_centre_is_that_of_the_photo(width: int, height: int, expected: int) -> None:
    assert select(FACES, "center", (width, height)).index(True) == expected


# --- what is asked for each face ---------------------------------------------------------------------------------

ROW = [face_in(left, 10, left + 50, 60) for left in (0, 60, 120)]


@given(
    strength=st.floats(0, 1),
    choice=st.sampled_from(["all", "largest", "center"]),
    overrides=st.dictionaries(st.integers(0, 2), st.floats(0, 1)),
)
def test_an_override_goes_before_strength_and_choice(
    strength: float, choice: FaceChoice, overrides: dict[int, float]
) -> None:
    options = EnhanceOptions(strength=strength, faces=choice, face_overrides=tuple(overrides.items()))
    requests = request_faces(ROW, options, (180, 70))
    chosen = select(ROW, choice, (180, 70))
    for index, (request, is_chosen) in enumerate(zip(requests, chosen, strict=True)):
        assert request.face is ROW[index]
        assert request.strength == overrides.get(index, strength if is_chosen else 0)
        assert (request.reason is None) == (request.strength > 0)
        if request.strength == 0:
            why = "for this face" if index in overrides else "Strength 0" if is_chosen else "Not among"
            assert why in str(request.reason)


@pytest.mark.parametrize(
    ("count", "index", "said"),
    [
        (3, 7, "face_overrides names face 7; this photo has 3 faces, 0 to 2."),
        (3, 3, "face_overrides names face 3; this photo has 3 faces, 0 to 2."),
        (3, -1, "face_overrides names face -1; this photo has 3 faces, 0 to 2."),
        (1, 1, "face_overrides names face 1; this photo has one face, 0."),
        (0, 0, "face_overrides names face 0; this photo has no face."),
    ],
)
def test_an_override_of_a_face_that_is_not_there(count: int, index: int, said: str) -> None:
    with pytest.raises(UnknownFace) as caught:
        request_faces(ROW[:count], EnhanceOptions(require_face=False, face_overrides=((index, 0.0),)), (180, 70))
    assert caught.value.message == said


def test_a_required_face_that_is_not_there_goes_before_an_override_of_it() -> None:
    options = EnhanceOptions(require_face=True, face_overrides=((3, 0.5),))
    with pytest.raises(NoFaceDetected, match="at least 20 pixels wide"):
        request_faces([], options, (180, 70))


# --- the plan ----------------------------------------------------------------------------------------------------


def crop(native_size: float) -> Crop:
    scale = CROP_SIZE / native_size
    return Crop(np.zeros((CROP_SIZE, CROP_SIZE, 3), np.float32), np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]))


def test_every_face_is_planned_or_kept_with_its_reason() -> None:
    faces = [face_in(left, 10, left + 50, 60) for left in range(0, 300, 60)]
    options = EnhanceOptions(face_overrides=((1, 0.0), (4, 0.5)))
    requests = request_faces(faces, options, (300, 70))
    assert to_align(requests) == [faces[0], faces[2], faces[3], faces[4]]
    plan = make_plan(requests, [None, crop(50), crop(101), crop(100)], 100)
    assert [(face.index, face.strength, face.verdict) for face in plan.faces] == [
        (2, 1.0, Verdict("restored", 1.0)),
        (4, 0.5, Verdict("restored", 0.5)),
    ]
    assert {index: str(verdict.reason).split()[0] for index, verdict in plan.kept.items()} == {
        0: "Too",
        1: "Left",
        3: "At",
    }
    assert all((verdict.action, verdict.strength) == ("kept", 0.0) for verdict in plan.kept.values())


def test_a_large_face_is_restored_if_it_is_blurred_so_much_that_its_detail_fits() -> None:
    blurred = replace(crop(200), blur=1.9)
    requests = request_faces(ROW[:2], EnhanceOptions(), (180, 70))
    plan = make_plan(requests, [crop(200), blurred], 100)
    assert [face.index for face in plan.faces] == [1]
    reports = plan.report(plan.faces)
    assert [report.blur for report in reports] == [0.0, 1.9]
    assert "not blurred enough" in str(reports[0].verdict.reason)


def test_the_report_has_every_face_in_the_order_of_detection() -> None:
    requests = request_faces(ROW, EnhanceOptions(face_overrides=((0, 0.0),)), (180, 70))
    plan = make_plan(requests, [crop(50), None], 100)
    reports = plan.report(plan.faces)
    assert [report.face for report in reports] == ROW
    assert [report.verdict.action for report in reports] == ["kept", "restored", "kept"]
