"""Heads over real sockets: one that is too large is refused before anything else, behind other requests too."""

from __future__ import annotations

import re
import time
from contextlib import closing

import pytest

from app.connection.framing import MAX_HEAD_BYTES
from tests.app.connection.clients import FORM, HEAD, code_of, end_of
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, MULTIPART, Likeness, form_body, head_of, serving

GET = f"GET {LIVE} HTTP/1.1\r\nHost: localhost\r\n".encode()
CHUNKED = {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}


def head(size: int) -> bytes:
    """A head of so many bytes, after whose answer the connection is closed."""
    start, end = GET + b"Connection: close\r\nX-Long: ", b"\r\n\r\n"
    return start + b"a" * (size - len(start) - len(end)) + end


@pytest.mark.parametrize("before", [b"", GET + b"\r\n", HEAD + FORM])
@pytest.mark.parametrize("pieces", [1, 40])
def test_the_limit_is_exact(fakes: FakeModels, before: bytes, pieces: int) -> None:
    with serving(fakes) as server:
        for size, status in ((MAX_HEAD_BYTES, b"200"), (MAX_HEAD_BYTES + 1, b"431")):
            sent, connection = before + head(size), server.connect()
            step = len(sent) // pieces + 1
            for start in range(0, len(sent), step):
                connection.sendall(sent[start : start + step])
                time.sleep(0.001 if pieces > 1 else 0)
            answer, _ = end_of(connection)
            statuses = re.findall(rb"HTTP/1.1 (\d+)", answer)
            assert statuses == ([b"200"] if before else []) + [status]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", id="address"),
        pytest.param(GET + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n", id="one read"),
        pytest.param(GET + b"X:" + b" " * 100_000 + b"a\r\n\r\n", id="spaces"),
        pytest.param(GET + b"X-Many: 1\r\n" * 10_000 + b"\r\n", id="many headers"),
    ],
)
def test_a_complete_head_that_is_too_large_never_reaches_the_application(fakes: FakeModels, head: bytes) -> None:
    with serving(fakes) as server:
        connection = server.connect()
        connection.sendall(head)
        answer, _ = end_of(connection)
        assert code_of(answer) == (431, "head_too_large")
        found = scraped(server)
        assert found("likeness_refusals_total", code="head_too_large") == 1
        assert found("likeness_requests_total", route=LIVE) == 0
        assert found("likeness_requests_total", route="unmatched") == 0


def test_a_large_head_behind_a_photo_is_refused_once_the_photo_is_answered(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.02  # times 16 tiles
        connection = server.connect()
        connection.sendall(HEAD + FORM + head(60_000))
        answer, _ = end_of(connection)
        first, second = answer.split(b"HTTP/1.1 431", 1)
        assert first.startswith(b"HTTP/1.1 200")
        assert code_of(b"HTTP/1.1 431" + second) == (431, "head_too_large")


@pytest.mark.parametrize(
    "end", [b"0\r\nX-Trailer: " + b"a" * 100_000 + b"\r\n\r\n", b"0;" + b"a" * 100_000 + b"\r\n\r\n"]
)
def test_a_body_with_a_large_frame_in_one_read_is_cut_off(likeness: Likeness, end: bytes) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, CHUNKED) + b"%x\r\n%s\r\n" % (len(FORM), FORM) + end)
    answer, _ = end_of(connection)
    assert answer == b""


def test_trailers_are_no_headers(fakes: FakeModels) -> None:
    """The application has taken its decisions by the headers when the trailers arrive."""
    with serving(fakes) as server:
        body = form_body({"file": FORM})  # not a photo
        head = head_of(ENHANCE, {**CHUNKED, "Connection": "close", "X-Request-ID": "one"})
        trailers = b"X-Request-ID: two\r\nAccept: text/event-stream\r\n"
        with closing(server.connect()) as connection:
            connection.sendall(head + b"%x\r\n%s\r\n0\r\n" % (len(body), body) + trailers + b"\r\n")
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 415")
        assert b"x-request-id: one\r\n" in answer.lower()
        assert b"text/event-stream" not in answer
