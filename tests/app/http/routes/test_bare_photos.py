"""A photo as the body itself, with the fields in the query."""

from __future__ import annotations

import base64
import json
import logging
import select
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from app.work import admission
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import events_in
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, PATIENCE, UPSCALE, Likeness, answer_on, eventually, head_of, serving

MEBIBYTE = 2**20
PHOTO = images.png(images.gradient())


@pytest.fixture(scope="module")
def narrow() -> Iterator[Likeness]:
    """A server with fake models that takes at most 1 MiB."""
    with serving(FakeModels(), max_upload_mb=1) as server:
        yield server


def send(
    server: Likeness,
    photo: bytes | Iterator[bytes],
    path: str = UPSCALE,
    *,
    media_type: str = "image/jpeg",
    **headers: str,
) -> httpx.Response:
    return server.client.post(path, content=photo, headers={"Content-Type": media_type, **headers})


def test_a_bare_photo_gets_the_same_answer_as_one_in_a_form(likeness: Likeness) -> None:
    fields = {"upscale_factor": 1.5, "output_format": "jpeg", "quality": 80, "face_overrides": '{"0": 0.5}'}
    query = httpx.QueryParams(fields)
    bare = send(likeness, samples.small_face(), f"{ENHANCE}?{query}").json()["data"]
    form = likeness.data(samples.small_face(), **fields)
    assert (bare["media_type"], bare["width"], bare["faces"][0]["strength"]) == ("image/jpeg", 144, 0.5)
    assert bare["restored_image"] == form["restored_image"]
    assert bare["metrics"] == form["metrics"]


@pytest.mark.parametrize(
    "media_type", ["image/png", "image/jpeg", "IMAGE/JPEG", "image/x-anything; q=1", "application/octet-stream"]
)
def test_the_content_decides_not_the_declared_type(narrow: Likeness, media_type: str) -> None:
    data = send(narrow, PHOTO, media_type=media_type).json()["data"]
    assert (data["width"], data["media_type"]) == (2 * images.gradient().shape[1], "image/png")
    assert_refused(send(narrow, b"%PDF-1.7", media_type=media_type), 415, "unsupported_media_type", "decode")


def test_a_bare_photo_may_get_the_picture_or_events(narrow: Likeness) -> None:
    picture = send(narrow, PHOTO, f"{ENHANCE}?output_format=webp", Accept="image/*")
    assert picture.headers["content-type"] == "image/webp"
    assert samples.opened(picture.content).format == "WEBP"
    response = send(narrow, PHOTO, ENHANCE, Accept="text/event-stream")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [name for name, _ in events_in(iter(response.text.split("\n")))][-1] == "result"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("strength=7", "strength: Input should be less than or equal to 1."),
        ("upscale_factor=two", "upscale_factor: Input should be a valid number, unable to parse string as a number."),
        ("strength=1&strength=0", "strength may be given only once."),
        ("restorer=none-such", "restorer: this server offers portrait-face, compact-face, not none-such."),
        ("file=photo.jpg", "file cannot be in the query: the body is the photo, and a reference needs a form "),
        ("reference=x", "reference cannot be in the query: the body is the photo, and a reference needs a form "),
        ("face_overrides=[]", "face_overrides: Input should be a JSON object of face indices and strengths "),
    ],
)
def test_fields_in_the_query_are_checked_as_those_of_a_form(likeness: Likeness, query: str, sentence: str) -> None:
    response = send(likeness, samples.small_face(), f"{ENHANCE}?{query}")
    assert assert_refused(response, 422, "bad_parameter", "parameters").startswith(sentence)


def test_unknown_fields_in_the_query_are_refused_by_name(likeness: Likeness) -> None:
    response = send(likeness, samples.small_face(), f"{ENHANCE}?upscale_faktor=2&strength=7&x=")
    sentence = assert_refused(response, 422, "unknown_parameter", "parameters")
    assert sentence == "upscale_faktor and x are no query parameters here: only the fields of the form are."


def test_blank_fields_of_the_query_have_their_defaults(narrow: Likeness) -> None:
    assert send(narrow, PHOTO, f"{UPSCALE}?upscale_factor=&output_format=").json()["data"]["media_type"] == "image/png"


def test_a_query_has_no_more_fields_than_a_form(narrow: Likeness) -> None:
    query = "&".join(f"field{number}=" for number in range(65))
    sentence = assert_refused(send(narrow, PHOTO, f"{UPSCALE}?{query}"), 400, "malformed_form", "request")
    assert sentence == "Too many fields. Maximum number of fields is 64."


def test_upscale_has_no_fields_about_faces(narrow: Likeness) -> None:
    sentence = assert_refused(send(narrow, PHOTO, f"{UPSCALE}?faces=all"), 422, "unknown_parameter", "parameters")
    assert sentence == "faces is no query parameter here: only the fields of the form are."


def test_wrong_fields_are_refused_before_the_photo_is_sent(likeness: Likeness) -> None:
    head = head_of(f"{ENHANCE}?strength=7", {"Content-Type": "image/jpeg", "Content-Length": 5 * MEBIBYTE})
    with closing(likeness.connect()) as connection:
        connection.sendall(head)
        answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()


def test_a_client_that_expects_100_continue_sends_its_photo(narrow: Likeness) -> None:
    headers = {"Content-Type": "image/png", "Content-Length": len(PHOTO), "Expect": "100-continue"}
    with closing(narrow.connect()) as connection:
        connection.sendall(head_of(UPSCALE, headers | {"Connection": "close"}))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(PHOTO)
        assert answer_on(connection).startswith(b"HTTP/1.1 200 ")


def test_an_empty_body_is_an_empty_file(narrow: Likeness) -> None:
    assert assert_refused(send(narrow, b""), 422, "bad_parameter", "parameters") == "file is empty."


def test_a_bare_photo_may_arrive_in_chunks_of_a_few_bytes(narrow: Likeness) -> None:
    assert send(narrow, (PHOTO[at : at + 7] for at in range(0, len(PHOTO), 7))).status_code == 200


def test_the_limit_of_an_upload_holds_for_a_bare_photo(narrow: Likeness) -> None:
    just_fits = samples.small_face() + bytes(MEBIBYTE - len(samples.small_face()))
    assert send(narrow, just_fits).status_code == 200
    for body in (just_fits * 2, iter([just_fits] * 2)):  # with its length declared, and in chunks
        sentence = assert_refused(send(narrow, body), 413, "too_many_bytes", "upload")
        assert sentence == "The upload is larger than the 1 MB that this server accepts."


def test_a_stalled_bare_photo_is_ended() -> None:
    with serving(FakeModels(), read_timeout_s=0.5) as server:
        start = time.monotonic()
        with closing(server.connect()) as connection:
            connection.sendall(head_of(UPSCALE, {"Content-Type": "image/png", "Content-Length": 1000}) + PHOTO[:100])
            answer = answer_on(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "upload_too_slow"
        assert time.monotonic() - start < 10


@pytest.mark.alone
def test_a_stalled_bare_photo_makes_way_for_others_in_the_memory_of_uploads() -> None:
    head = head_of(UPSCALE, {"Content-Type": "image/png", "Content-Length": MEBIBYTE})
    large = PHOTO + bytes(MEBIBYTE - len(PHOTO))
    with serving(FakeModels(), max_upload_mb=1, upload_memory_mb=1.5) as server, closing(server.connect()) as stalled:
        stalled.sendall(head + large[:-1])

        def is_answered_after_another() -> bool:
            """Its bytes may still be on their way, so several others may be needed, and one may be refused itself."""
            assert send(server, large).status_code in (200, 503)
            return bool(select.select([stalled], [], [], 0.05)[0])

        eventually(is_answered_after_another)
        answer = answer_on(stalled)
        assert send(server, large).status_code == 200
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"overloaded"' in answer


def test_a_client_that_disconnects_frees_its_place_and_is_logged(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", PATIENCE)
    caplog.set_level(logging.INFO, "likeness")
    with serving(fakes, slots=1, queue_size=0) as server:
        arriving = server.app.state.service.admission._arriving
        with closing(server.connect()) as connection:
            connection.sendall(head_of(UPSCALE, {"Content-Type": "image/png", "Content-Length": 1000}) + PHOTO[:100])
            eventually(lambda: arriving)
        eventually(lambda: not arriving)
        assert send(server, PHOTO).status_code == 200
    lines = [vars(record) for record in caplog.records if record.name == "likeness.requests"]
    assert {(line["status"], line.get("code"), line.get("stage")) for line in lines} >= {(499, "cancelled", "upload")}


def test_a_bare_photo_counts_against_the_rate_limit_and_needs_a_key() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    with serving(FakeModels(), rate_limit="1/day", api_keys=f"me:{digest}") as server:
        statuses = [send(server, PHOTO, **headers).status_code for headers in ({}, {"X-API-Key": "test"}) for _ in "12"]
    assert statuses == [401, 401, 200, 429]


@pytest.mark.parametrize(
    ("body", "seen"),
    [(b"data:image/png;base64," + base64.b64encode(PHOTO), "a data URL"), (base64.b64encode(PHOTO), "base64 text")],
)
def test_a_picture_as_text_is_refused_with_what_was_seen(narrow: Likeness, body: bytes, seen: str) -> None:
    sentence = assert_refused(send(narrow, body), 415, "unsupported_media_type", "decode")
    assert sentence == f"file is {seen}: send the bytes of the picture instead."
    in_a_form = narrow.upscale(body)
    assert assert_refused(in_a_form, 415, "unsupported_media_type", "decode") == sentence
    as_reference = narrow.send(UPSCALE, PHOTO, reference=body)
    assert f"reference is {seen}" in assert_refused(as_reference, 415, "unsupported_media_type", "reference")
