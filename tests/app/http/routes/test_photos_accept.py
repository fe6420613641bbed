"""`Accept`: the picture itself, or the JSON document."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from tests.app import samples
from tests.app.server import MULTIPART, UPSCALE, Likeness, answer_on, head_of


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/webp", "image/webp"),
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("Image/WebP ; Q=0.9, */*;q=0.1", "image/webp"),
        ("image/png;q=0.2, image/webp;q=0.9", "image/webp"),
        ("application/json;q=0.5, image/jpeg", "image/jpeg"),
        ("application/pdf, image/webp;q=0, image/png", "image/png"),
        ("image/*", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("image/pjpeg, application/json;q=0.9", "image/jpeg"),
    ],
)
def test_a_preferred_image_type_gets_the_picture_itself(likeness: Likeness, accept: str, media_type: str) -> None:
    response = likeness.enhance(samples.small_face(), accept=accept, output_format="jpeg", background="resample")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    picture = samples.opened(response.content)
    assert picture.format == media_type.removeprefix("image/").upper()
    assert picture.size == (192, 192)
    facts = json.loads(response.headers["x-likeness-facts"])
    assert facts["warnings"] == ["lpips_unavailable"]
    assert facts["metrics"]["psnr"] > 15


@pytest.mark.parametrize(
    "accept",
    [
        "application/json, image/png",
        "image/png;q=0.5, application/json",
        "*/*",
        "*/*, image/png;q=0",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "image/png;q=much, application/json",
        "",
    ],
)
def test_json_is_the_answer_if_preferred_or_by_default(likeness: Likeness, accept: str) -> None:
    response = likeness.upscale(samples.small_face(), accept=accept, background="resample")
    assert response.json()["status"] == "success"


def test_an_accept_header_that_nothing_satisfies_is_refused_before_the_photo_is_read(likeness: Likeness) -> None:
    head = head_of(UPSCALE, {"Content-Type": MULTIPART, "Content-Length": 5_000_000, "Accept": "audio/ogg"})
    with closing(likeness.connect()) as connection:
        connection.sendall(head)
        answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 406 ")
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (body["code"], body["stage"]) == ("not_acceptable", "request")
    assert body["error"] == (
        "Accept allows nothing that is offered here: application/json, image/png, image/jpeg, image/webp, image/avif, "
        "image/tiff or text/event-stream."
    )


def test_errors_are_json_even_if_a_picture_is_accepted(likeness: Likeness) -> None:
    response = likeness.enhance(samples.no_face(), accept="image/png")
    assert response.status_code == 422
    assert response.json()["code"] == "no_face_detected"
