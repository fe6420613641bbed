"""The form field `face_boxes`: faces that the user marks."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, Likeness, serving

FACE = [18, 26, 72, 90]  # in samples.head(), roughly


@pytest.fixture(scope="module")
def dark() -> bytes:
    """The smallest photo, at a twentieth of its brightness: the detector does not find its face."""
    return samples.file_of((samples.head() * 0.05).round().astype(np.uint8), "PNG")


def codes(data: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in data["warnings"]]


def test_a_face_that_was_missed_is_found_in_its_box(likeness: Likeness, dark: bytes) -> None:
    assert likeness.enhance(dark).json()["code"] == "no_face_detected"
    data = likeness.data(dark, face_boxes=json.dumps([FACE]))
    (face,) = data["faces"]
    assert (face["landmarks_estimated"], face["score"] > 0.9) == (False, True)
    (known,) = likeness.data(samples.small_face())["faces"]
    assert np.abs(np.array(face["landmarks"]) - known["landmarks"]).mean() < 0.06 * (known["box"][3] - known["box"][1])
    assert "landmarks_estimated" not in codes(data)


def test_where_no_face_is_seen_the_report_says_so(likeness: Likeness) -> None:
    data = likeness.data(samples.no_face(), face_boxes="[[10, 5, 47, 60]]")
    (face,) = data["faces"]
    assert (face["landmarks_estimated"], face["score"]) == (True, 0)
    assert face["box"] == [10, 5, 47, 47]  # cut at the border
    assert all(10 <= x <= 47 and 5 <= y <= 47 for x, y in face["landmarks"])
    assert "landmarks_estimated" in codes(data)


def test_a_box_on_a_face_that_is_found_changes_nothing(likeness: Likeness) -> None:
    without = likeness.data(samples.small_face())
    data = likeness.data(samples.small_face(), face_boxes=json.dumps([without["faces"][0]["box"]]))
    assert data["restored_image"] == without["restored_image"]
    assert data["faces"] == without["faces"]
    assert codes(data) == ["face_boxes_known", *codes(without)]
    assert likeness.data(samples.small_face(), face_boxes="[]")["restored_image"] == without["restored_image"]


def test_boxes_and_overrides_work_together(likeness: Likeness) -> None:
    canvas = np.full((96, 200, 3), 90, np.uint8)
    canvas[:, 104:] = samples.head()
    photo = samples.file_of(canvas, "PNG")
    fields = {"face_boxes": "[[10, 20, 70, 90]]", "upscale_factor": 1}
    left, right = likeness.data(photo, face_overrides='{"0": 0, "1": 0.5}', **fields)["faces"]
    assert (left["action"], left["landmarks_estimated"]) == ("kept", True)
    assert (right["strength"], right["landmarks_estimated"]) == (0.5, False)
    response = likeness.enhance(photo, face_overrides='{"2": 0}', **fields)
    assert response.json()["error"] == "face_overrides names face 2; this photo has 2 faces, 0 to 1."


def test_the_query_of_a_bare_photo_has_boxes_too(likeness: Likeness, dark: bytes) -> None:
    fields = {"face_boxes": json.dumps([FACE]), "upscale_factor": 1}
    response = likeness.client.post(
        f"{ENHANCE}?{httpx.QueryParams(fields)}", content=dark, headers={"Content-Type": "image/png"}
    )
    assert response.json()["data"]["restored_image"] == likeness.data(dark, **fields)["restored_image"]


@pytest.fixture(scope="module")
def quick() -> Any:
    with serving(FakeModels()) as server:
        yield server


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-200, 300) | st.sampled_from([float("nan"), 1e300])] * 4), max_size=6)
    | st.lists(st.tuples(*[st.integers(-5, 45)] * 2).map(lambda c: (*c, c[0] + 30, c[1] + 30)), max_size=6)
)
def test_no_boxes_are_a_fault_of_the_server(quick: Likeness, boxes: list[tuple[float, ...]]) -> None:
    fields: dict[str, object] = {"face_boxes": json.dumps(boxes), "upscale_factor": 1, "metrics": False}
    response = quick.enhance(samples.small_face(), **fields)
    inside = all(x1 - x0 >= 10 and y1 - y0 >= 10 and min(x0, y0) >= 0 and max(x1, y1) <= 95 for x0, y0, x1, y1 in boxes)
    assert response.status_code in ((200,) if inside else (200, 422))
    if response.status_code == 422:
        assert response.json()["error"].startswith("face_boxes: ")
        return
    for face in response.json()["data"]["faces"]:
        x0, y0, x1, y1 = face["box"]
        assert 0 <= x0 <= x1 <= 95
        assert 0 <= y0 <= y1 <= 95
