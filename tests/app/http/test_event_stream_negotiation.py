"""Which requests are answered by an event stream, and which by one response."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NoReturn

import httpx
import pytest

from app.work.errors import Overloaded
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import EVENTS, PHOTO, stream
from tests.app.server import ENHANCE, MULTIPART, Likeness, form_body, head_of, serving


@pytest.fixture(scope="module")
def fakes_server() -> Iterator[Likeness]:
    with serving(FakeModels()) as server:
        yield server


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/event-stream", "text/event-stream; charset=utf-8"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream; charset=utf-8"),
        ("text/event-stream, application/json", "text/event-stream; charset=utf-8"),
        ("application/json, text/event-stream", "application/json"),
        ("*/*, text/event-stream;q=0.9", "application/json"),
        ("image/png, text/event-stream;q=0.9", "image/png"),
        ("text/event-stream;q=0, application/json;q=0.1", "application/json"),
    ],
)
def test_the_preferred_media_type_of_accept_is_sent(fakes_server: Likeness, accept: str, media_type: str) -> None:
    response = fakes_server.upscale(PHOTO, accept=accept)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)


def test_http_1_0_gets_the_document(fakes_server: Likeness) -> None:
    """HTTP/1.0 has no chunked transfer encoding, which uvicorn would use for an event stream."""
    body = form_body({"file": samples.small_face()})
    headers = {"Content-Type": MULTIPART, "Content-Length": len(body), "Accept": "text/event-stream"}
    with fakes_server.connect() as connection:
        connection.sendall(head_of(ENHANCE, headers).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, document = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head
    assert json.loads(document)["status"] == "success"


def test_a_full_queue_is_answered_by_a_plain_503(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=0) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            response = server.enhance(PHOTO, accept=EVENTS)
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"
    assert_plain(response, 503, "overloaded")
    assert 1 <= int(response.headers["retry-after"]) <= 120


def test_a_queue_that_fills_during_the_upload_is_answered_by_a_plain_503(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise Overloaded(3)

    with serving(fakes) as server:
        monkeypatch.setattr(server.app.state.service.admission, "place", refuse)
        response = server.enhance(PHOTO, accept=EVENTS)
        assert_plain(response, 503, "overloaded")
        assert response.headers["retry-after"] == "3"
        counted(server, "likeness_requests_total", route=ENHANCE, status="503")


@pytest.mark.parametrize(
    ("fields", "status", "code"), [({"strength": 7}, 422, "bad_parameter"), ({"upscaler": "x9"}, 422, "bad_parameter")]
)
def test_a_bad_form_is_answered_by_a_plain_error(
    fakes_server: Likeness, fields: dict[str, object], status: int, code: str
) -> None:
    assert_plain(fakes_server.enhance(PHOTO, accept=EVENTS, **fields), status, code)


def assert_plain(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json()["code"] == code
