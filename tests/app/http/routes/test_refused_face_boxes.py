"""Bad values of the form field `face_boxes`."""

from __future__ import annotations

import httpx
import pytest

from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, MULTIPART, Likeness, form_body

NUMBERS = "is no list of four numbers from -1000000 to 1000000"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0", "this is no list"),
        ("null", "this is no list"),
        ('{"0": [0, 0, 20, 20]}', "this is no list"),
        ("[(0, 0, 20, 20)]", "this is no JSON"),
        (" ", "this is no JSON"),
        ("[" * 4096, "this is no JSON"),
        (b"[[0, 0, 20, 20]]", "this is no JSON"),  # as a file
        ("[0, 0, 20, 20]", "box 0 is no list of four numbers"),
        ("[[0, 0, 20]]", "box 0 is no list of four numbers"),
        ("[[0, 0, 20, NaN]]", f"box 0 {NUMBERS}"),
        ("[[0, 0, 20, 1e999]]", f"box 0 {NUMBERS}"),
        ('[[0, 0, 20, 20], [0, 0, 20, "20"]]', f"box 1 {NUMBERS}"),
        ("[[20, 20, 0, 0]]", "in box 0 the second corner lies to the left of the first, or above it"),
        ("[[0, 0, 9, 20]]", "box 0 is less than 10 pixels wide or high"),
        (str([[0, 0, 20, 20]] * 65), "these are 65 boxes"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(likeness: Likeness, value: str | bytes, why: str) -> None:
    body = form_body({"file": samples.small_face(), "face_boxes": value})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert assert_refused(response, 422, "bad_parameter", "parameters") == (
        "face_boxes: Input should be a JSON list of at most 64 boxes [x0, y0, x1, y1] in pixels, "
        f"such as [[120, 80, 210, 200]]; {why}."
    )


@pytest.mark.parametrize("accept", ["application/json", "image/png"])
@pytest.mark.parametrize(
    ("boxes", "why"),
    [
        ("[[0, 0, 20, 20], [96, 0, 200, 50]]", "box 1 lies outside this photo of 96 × 96 pixels."),
        ("[[-90, -90, -10, -10]]", "box 0 lies outside this photo of 96 × 96 pixels."),
        ("[[90, 0, 200, 50]]", "within this photo of 96 × 96 pixels, box 0 is less than 10 pixels wide or high."),
    ],
)
def test_a_box_that_the_photo_has_no_room_for_is_refused(likeness: Likeness, boxes: str, why: str, accept: str) -> None:
    response = likeness.enhance(samples.small_face(), face_boxes=boxes, accept=accept)
    assert assert_refused(response, 422, "bad_face_box", "detection") == f"face_boxes: {why}"


def test_upscale_has_no_field_face_boxes(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), face_boxes="[[0, 0, 20, 20]]")
    assert assert_refused(response, 422, "bad_parameter", "parameters") == "face_boxes is no field of this form."


def test_a_bad_value_in_the_query_is_refused(likeness: Likeness) -> None:
    query = httpx.QueryParams({"face_boxes": "[[0, 0, 5, 5]]"})
    response = likeness.client.post(
        f"{ENHANCE}?{query}", content=samples.small_face(), headers={"Content-Type": "image/jpeg"}
    )
    assert assert_refused(response, 422, "bad_parameter", "parameters").startswith("face_boxes: Input should be")
