"""Requests that are not a well-formed form, and unusual forms that are."""

from __future__ import annotations

import pytest

from tests import images
from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import BOUNDARY, ENHANCE, MULTIPART, UPSCALE, Likeness, form_body

MEGABYTE = 10**6


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        pytest.param(form_body({"file": samples.small_face()}), "multipart/form-data", id="no boundary"),
        pytest.param(form_body({"file": samples.small_face()}), MULTIPART + "-other", id="another boundary"),
        pytest.param(form_body({"file": samples.small_face()}), f"{MULTIPART}; charset=undefined", id="no charset"),
        pytest.param(form_body({"strength": "-999"}), f"{MULTIPART}; charset=punycode", id="a charset for names"),
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
def test_a_malformed_form_is_refused(likeness: Likeness, path: str, content: bytes, media_type: str) -> None:
    response = likeness.client.post(path, content=content, headers={"Content-Type": media_type})
    assert_refused(response, 400, "malformed_form", "request")


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("content", "media_type", "seen"),
    [
        (b'{"file": ""}', "application/json", "The body is application/json."),
        (b"{}", "Application/JSON; charset=utf-8", "The body is application/json."),
        (
            samples.small_face(),
            "application/x-www-form-urlencoded",
            "The body is application/x-www-form-urlencoded, which is how curl --data-binary sends any file.",
        ),
        (form_body({"file": samples.small_face()}), MULTIPART.replace("-data", "-datax"), "multipart/form-datax."),
        (samples.small_face(), "text/plain", "The body is text/plain."),
        (samples.small_face(), None, "The request has no Content-Type."),
        (b"", None, "The request has no Content-Type."),
    ],
)
def test_a_body_that_is_neither_form_nor_photo_is_refused_with_what_to_send(
    likeness: Likeness, path: str, content: bytes, media_type: str | None, seen: str
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = likeness.client.post(path, content=content, headers=headers)
    sentence = assert_refused(response, 415, "unsupported_media_type", "request")
    assert seen in sentence
    assert "multipart/form-data" in sentence
    assert "curl -F file=@photo.jpg" in sentence
    assert "add -H 'Content-Type: image/jpeg'" in sentence


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({f"field{number}": "x" for number in range(1000)}, id="fields"),
        pytest.param({f"file{number}": b"x" for number in range(10)}, id="files"),
        pytest.param({"output_format": "p" * 5000}, id="bytes of a field"),
    ],
)
def test_a_form_beyond_the_parsers_limits_is_refused(likeness: Likeness, parts: dict[str, bytes | str]) -> None:
    """The parser stops at its limits, before it has stored all parts."""
    body = form_body(parts | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert_refused(response, 400, "malformed_form", "request")


def test_a_form_may_have_an_epilogue(likeness: Likeness) -> None:
    content = form_body({"file": samples.small_face()}) + b"\r\nGoodbye." * 1000
    response = likeness.client.post(UPSCALE, content=content, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200


def test_a_form_may_arrive_in_chunks_of_a_few_bytes(likeness: Likeness) -> None:
    body = form_body({"file": samples.small_face(), "upscale_factor": "1"})
    chunks = (body[at : at + 7] for at in range(0, len(body), 7))
    response = likeness.client.post(ENHANCE, content=chunks, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 96


def test_the_boundary_may_be_quoted(likeness: Likeness) -> None:
    media_type = f'multipart/form-data; charset=utf-8; boundary="{BOUNDARY}"'
    content = form_body({"file": samples.small_face()})
    assert likeness.client.post(UPSCALE, content=content, headers={"Content-Type": media_type}).status_code == 200
