"""Forms that are refused: with a status, a code, and a sentence that names the field."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests import images
from tests.app import samples
from tests.app.server import BOUNDARY, ENHANCE, MULTIPART, UPSCALE, Likeness, form_body

PICTURE = images.gradient()
MEGABYTE = 10**6


def assert_refused(response: httpx.Response, status: int, code: str, stage: str) -> str:
    """The one shape that every error has; its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "stage", "code", "request_id"}
    assert (body["code"], body["stage"]) == (code, stage)
    assert body["request_id"] == response.headers["x-request-id"]
    sentence: str = body["error"]
    assert len(sentence) > 10
    assert sentence.endswith(".")
    assert not {"Traceback", "Error(", "/work", "site-packages"} & set(sentence.split())
    return sentence


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        pytest.param(samples.small_face(), "image/jpeg", id="the bare photo"),
        pytest.param(b'{"file": ""}', "application/json", id="JSON"),
        pytest.param(b"file=photo", "application/x-www-form-urlencoded", id="form without files"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(form_body({"file": samples.small_face()}), "multipart/form-data", id="no boundary"),
        pytest.param(
            form_body({"file": samples.small_face()}), MULTIPART.replace("form-data", "form-datax"), id="typo"
        ),
        pytest.param(form_body({"file": samples.small_face()}), MULTIPART + "-other", id="another boundary"),
        pytest.param(b"", MULTIPART, id="empty form"),
        pytest.param(images.noise(), MULTIPART, id="random bytes"),
        pytest.param(form_body({"file": samples.small_face()}, closed=False), MULTIPART, id="no end"),
        pytest.param(form_body({"file": samples.small_face(), "strength": "0"})[:-30], MULTIPART, id="cut off"),
        pytest.param(form_body({"file": samples.small_face()})[:700], MULTIPART, id="cut off in the photo"),
        pytest.param(
            f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
            MULTIPART,
            id="a field without a name",
        ),
        pytest.param(form_body({"file": samples.small_face(), "faces": "x" * 2 * MEGABYTE}), MULTIPART, id="long text"),
    ],
)
def test_not_a_well_formed_form(likeness: Likeness, path: str, content: bytes, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = likeness.client.post(path, content=content, headers=headers)
    assert_refused(response, 400, "malformed_form", "request")


def test_a_form_may_have_an_epilogue(likeness: Likeness) -> None:
    content = form_body({"file": samples.small_face()}) + b"\r\nGoodbye." * 1000
    response = likeness.client.post(UPSCALE, content=content, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200


def test_a_form_may_come_in_crumbs(likeness: Likeness) -> None:
    body = form_body({"file": samples.small_face(), "upscale_factor": "1"})
    crumbs = (body[at : at + 7] for at in range(0, len(body), 7))
    response = likeness.client.post(ENHANCE, content=crumbs, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 96


def test_the_boundary_may_be_quoted(likeness: Likeness) -> None:
    media_type = f'multipart/form-data; charset=utf-8; boundary="{BOUNDARY}"'
    content = form_body({"file": samples.small_face()})
    assert likeness.client.post(UPSCALE, content=content, headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "file"),
        ({"file": "a text"}, "file"),
        ({"file": b""}, "file"),
        ({"file": b"x", "reference": "a text"}, "reference"),
        ({"file": b"x", "upscale_faktor": "2"}, "upscale_faktor"),
        ({"file": b"x", "second_file": b"x"}, "second_file"),
        ({"file": b"x", "upscale_factor": "0"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "0.99"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "5"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "-2"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "nan"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "inf"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "two"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": b"2"}, "upscale_factor"),
        ({"file": b"x", "quality": "0"}, "quality"),
        ({"file": b"x", "quality": "101"}, "quality"),
        ({"file": b"x", "quality": "95.5"}, "quality"),
        ({"file": b"x", "output_format": "gif"}, "output_format"),
        ({"file": b"x", "output_format": "PNG"}, "output_format"),
        ({"file": b"x", "color_correction": "yes"}, "color_correction"),
        ({"file": b"x", "background": "none"}, "background"),
        ({"file": b"x", "metrics": "maybe"}, "metrics"),
    ],
)
def test_bad_parameters(likeness: Likeness, path: str, fields: dict[str, bytes | str], named: str) -> None:
    response = likeness.client.post(path, content=form_body(fields), headers={"Content-Type": MULTIPART})
    assert named in assert_refused(response, 422, "bad_parameter", "parameters")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strength", "1.5"),
        ("strength", "-0.1"),
        ("strength", "nan"),
        ("strength", "much"),
        ("faces", "some"),
        ("require_face", "perhaps"),
        ("identity_policy", "ignore"),
    ],
)
def test_bad_parameters_about_faces(likeness: Likeness, field: str, value: str) -> None:
    response = likeness.enhance(samples.small_face(), **{field: value})
    assert field in assert_refused(response, 422, "bad_parameter", "parameters")


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
def test_bad_face_overrides(likeness: Likeness, value: str | bytes, why: str) -> None:
    body = form_body({"file": samples.small_face(), "face_overrides": value})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert assert_refused(response, 422, "bad_parameter", "parameters") == (
        "face_overrides: Input should be a JSON object of face indices and strengths from 0 to 1, "
        f'such as {{"0": 0, "2": 0.5}}; {why}.'
    )


def test_upscale_knows_no_face_overrides(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), face_overrides='{"0": 0}')
    assert assert_refused(response, 422, "bad_parameter", "parameters") == "face_overrides is no field of this form."


@pytest.mark.parametrize("accept", ["application/json", "image/png"])
def test_an_override_of_a_face_that_is_not_there(likeness: Likeness, accept: str) -> None:
    response = likeness.enhance(samples.small_face(), face_overrides='{"7": 0, "0": 1}', accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 7; this photo has one face, 0."
    response = likeness.enhance(samples.no_face(), face_overrides='{"0": 0}', require_face=False, accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 0; this photo has no face."


def test_every_bad_parameter_is_named(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), strength=2, quality=0, faces="none")
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert all(name in sentence for name in ("strength", "quality", "faces"))


def test_very_many_bad_parameters_do_not_make_a_very_long_answer(likeness: Likeness) -> None:
    body = form_body({f"field{number}": "x" for number in range(60)} | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert len(sentence) < 500
    assert sentence.endswith("And 55 more.")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({f"field{number}": "x" for number in range(1000)}, id="fields"),
        pytest.param({f"file{number}": b"x" for number in range(10)}, id="files"),
        pytest.param({"output_format": "p" * 5000}, id="bytes of a field"),
    ],
)
def test_a_form_with_too_many(likeness: Likeness, parts: dict[str, bytes | str]) -> None:
    """Refused while it is parsed: a thousand of anything costs more than it tells."""
    body = form_body(parts | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert_refused(response, 400, "malformed_form", "request")


@pytest.mark.parametrize("again", [("file", samples.small_face()), ("strength", "1")])
def test_a_field_given_twice(likeness: Likeness, again: tuple[str, bytes | str]) -> None:
    body = form_body({"file": samples.small_face(), "strength": "0"}, closed=False) + form_body(dict([again]))
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert again[0] in assert_refused(response, 422, "bad_parameter", "parameters")


def test_a_reference_that_was_not_chosen_is_none(likeness: Likeness) -> None:
    """A browser sends a file input that was left blank as an empty file without a name."""
    body = form_body({"reference": b"", "file": samples.small_face()}).replace(b'"photo.jpg"', b'""', 1)
    assert b'name="reference"; filename=""\r\n\r\n\r\n' in body
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200, response.text
    assert response.json()["data"]["metrics"]["reference"] == "input"


def test_a_reference_that_is_empty_is_refused(likeness: Likeness) -> None:
    body = form_body({"reference": b"", "file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert "reference" in assert_refused(response, 422, "bad_parameter", "parameters")


def test_what_is_not_there(likeness: Likeness) -> None:
    assert_refused(likeness.client.get("/api/v1/nothing"), 404, "not_found", "request")


@pytest.mark.parametrize(("method", "path"), [("GET", ENHANCE), ("PUT", UPSCALE), ("POST", "/api/v1/status")])
def test_a_method_that_is_not_there(likeness: Likeness, method: str, path: str) -> None:
    assert_refused(likeness.client.request(method, path), 405, "method_not_allowed", "request")
