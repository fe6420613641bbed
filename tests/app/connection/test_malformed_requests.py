"""Oversized and malformed requests: each is answered or cut off, and does not delay other clients."""

from __future__ import annotations

import socket
import time
from contextlib import closing

import pytest

from app.connection.framing import MAX_HEAD_BYTES
from tests.app.connection.clients import FORM, HEAD, PHOTO, code_of, end_of
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.server import (
    ENHANCE,
    LIVE,
    MULTIPART,
    UPSCALE,
    Likeness,
    answer_on,
    eventually,
    form_body,
    head_of,
    serving,
)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"a" * 10**6, id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 10**6, id="one header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 10**5, id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"a" * 10**6, id="name of a header"),
    ],
)
def test_a_head_beyond_the_limit_is_refused_with_431(likeness: Likeness, head: bytes) -> None:
    connection = likeness.connect()
    connection.sendall(head)
    answer, seconds = end_of(connection)
    assert code_of(answer) == (431, "head_too_large")
    assert seconds < 5
    assert likeness.client.get(LIVE).status_code == 200


def test_headers_up_to_the_limit_are_accepted(likeness: Likeness) -> None:
    headers = {"X-Long": "a" * (MAX_HEAD_BYTES - 1000)}
    assert likeness.client.get(LIVE, headers=headers).status_code == 200


def test_endless_trailers_are_cut_off(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}))
    connection.sendall(b"%x\r\n%s\r\n0\r\n" % (len(FORM), FORM))
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while True:
            connection.sendall(b"X-Trailer: " + b"a" * 1000 + b"\r\n")
            time.sleep(0.001)
    connection.close()


def test_endless_chunks_of_one_byte_are_cut_off(likeness: Likeness) -> None:
    """Each chunk of one byte has five bytes of framing, so it costs the server more work than any photo needs."""
    connection = likeness.connect()
    connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}))
    start = time.monotonic()
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while time.monotonic() < start + 60:
            connection.sendall(b"1\r\na\r\n" * 1000)
    connection.close()


def test_a_form_in_small_chunks_is_accepted(likeness: Likeness) -> None:
    connection = likeness.connect()
    headers = {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked", "Connection": "close"}
    body = form_body({"file": PHOTO, "require_face": "false"})
    chunks = [body[start : start + 16] for start in range(0, len(body), 16)]
    connection.sendall(
        head_of(ENHANCE, headers) + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
    )
    assert answer_on(connection).startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_all_answered(likeness: Likeness) -> None:
    request = b"GET %s HTTP/1.1\r\nHost: localhost\r\nX-Padding: %s\r\n" % (LIVE.encode(), b"a" * 1000)
    with closing(likeness.connect()) as connection:
        connection.sendall((request + b"\r\n") * 49 + request + b"Connection: close\r\n\r\n")
        assert answer_on(connection).count(b"HTTP/1.1 200") == 50


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_bytes_that_are_no_http_get_a_json_error(likeness: Likeness, garbage: bytes) -> None:
    connection = likeness.connect()
    connection.sendall(garbage)
    answer, _ = end_of(connection)
    assert code_of(answer) == (400, "malformed_request")


def test_a_refused_head_is_counted(fakes: FakeModels) -> None:
    with serving(fakes, read_timeout_s=0.2) as server:
        for said in (b"hello\r\n\r\n", b"GET / HT", b"GET /" + b"a" * 100_000):
            connection = server.connect()
            connection.sendall(said)
            end_of(connection)
        found = scraped(server)
        for code in ("malformed_request", "request_too_slow", "head_too_large"):
            assert found("likeness_refusals_total", code=code) == 1


def test_a_malformed_chunk_in_a_body_is_no_server_error(fakes: FakeModels) -> None:
    """A single malformed packet must not be counted as an error of the server."""
    with serving(fakes) as server:
        for path in (LIVE, ENHANCE):
            connection = server.connect()
            headers = {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"}
            connection.sendall(head_of(path, headers) + b"5\r\nhello\r\nZZZ\r\n")
            answer, _ = end_of(connection)
            assert code_of(answer) == (400, "malformed_request")
        eventually(lambda: scraped(server)("likeness_requests_total", route=ENHANCE, status="499") == 1)
        assert scraped(server)("likeness_requests_total", route=ENHANCE, status="500") == 0


@pytest.mark.parametrize("behind", [b"garbage\r\n\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000])
def test_malformed_bytes_after_a_photo_do_not_prevent_its_answer(fakes: FakeModels, behind: bytes) -> None:
    with serving(fakes, read_timeout_s=0.5) as server:
        fakes.upscaler.seconds = 0.05  # times 16 tiles
        connection = server.connect()
        connection.sendall(HEAD + FORM + behind)
        answer, _ = end_of(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert scraped(server)("likeness_requests_total", route=ENHANCE, status="500") == 0


def test_a_malformed_body_behind_a_photo_ends_the_connection(fakes: FakeModels) -> None:
    """An error would land in front of the photo's answer."""
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.05  # times 16 tiles
        connection = server.connect()
        head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Transfer-Encoding": "chunked"})
        connection.sendall(HEAD + FORM + head + b"ZZZ\r\n")
        assert end_of(connection)[0] == b""
        assert server.enhance(PHOTO).status_code == 200


def test_an_offered_upgrade_to_http_2_is_ignored(likeness: Likeness) -> None:
    """Java's HTTP client offers HTTP/2 in every request."""
    headers = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    }
    response = likeness.client.post(LIVE, headers=headers)
    assert response.status_code == 405
    with closing(likeness.start(ENHANCE, PHOTO, headers=headers, require_face=False)) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("name", [b"Upgrade", b"UPGRADE"])
def test_an_offered_upgrade_is_ignored_wherever_the_bytes_are_split(likeness: Likeness, name: bytes) -> None:
    body = form_body({"file": PHOTO})
    length = b"Content-Type: %s\r\nContent-Length: %d\r\n" % (MULTIPART.encode(), len(body))
    start = b"POST %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: Upgrade" % (UPSCALE.encode(), length)
    offer = b"\r\n" + name + b": h2c\r\n\r\n"
    for split in range(1, len(offer)):
        with closing(likeness.connect()) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(start + offer[:split])
            time.sleep(0.02)
            connection.sendall(offer[split:] + body)
            assert connection.recv(12) == b"HTTP/1.1 200", split
