"""Bad values of the form field `face_overrides`."""

from __future__ import annotations

import pytest

from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, MULTIPART, Likeness, form_body


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0", "this is no object"),
        ("null", "this is no object"),
        ('[["0", 1]]', "this is no object"),
        ("{'0': 1}", "this is no JSON"),
        (" ", "this is no JSON"),
        ("[" * 4096, "this is no JSON"),
        (b'{"0": 1}', "this is no JSON"),  # as a file
        ('{"-1": 1}', '"-1" is no face index'),
        ('{"left": 1}', '"left" is no face index'),
        ('{"00": 1}', '"00" is no face index'),
        ('{"\\ud800{why}": 1}', '"\\ud800{why}" is no face index'),
        ('{"0": true}', "the strength of face 0 is no number from 0 to 1"),
        ('{"0": "1"}', "the strength of face 0 is no number from 0 to 1"),
        ('{"0": 1, "1": NaN}', "the strength of face 1 is no number from 0 to 1"),
        ('{"0": 1.01}', "the strength of face 0 is no number from 0 to 1"),
        ('{"2": 1, "0": 0, "2": 1}', "face 2 is named twice"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(likeness: Likeness, value: str | bytes, why: str) -> None:
    body = form_body({"file": samples.small_face(), "face_overrides": value})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert assert_refused(response, 422, "bad_parameter", "parameters") == (
        "face_overrides: Input should be a JSON object of face indices and strengths from 0 to 1, "
        f'such as {{"0": 0, "2": 0.5}}; {why}.'
    )


def test_upscale_has_no_field_face_overrides(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), face_overrides='{"0": 0}')
    assert assert_refused(response, 422, "bad_parameter", "parameters") == "face_overrides is no field of this form."


@pytest.mark.parametrize("accept", ["application/json", "image/png"])
def test_an_override_of_a_face_that_does_not_exist_is_refused(likeness: Likeness, accept: str) -> None:
    response = likeness.enhance(samples.small_face(), face_overrides='{"7": 0, "0": 1}', accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 7; this photo has one face, 0."
    response = likeness.enhance(samples.no_face(), face_overrides='{"0": 0}', require_face=False, accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 0; this photo has no face."
