"""Servers that answer slowly, endlessly, or with what is no HTTP: an error of a known kind, in bounded time."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.sources import fetcher
from app.sources.errors import FetchedTooMuch, UrlRefused, UrlUnreachable
from pipeline.errors import InputError
from tests.app.sources.web import MEBIBYTE, Answer, redirect, response, saying, web

OK = b"HTTP/1.1 200 OK\r\n"
SLACK_S = 3.0  # the machine may be busy


def endless(head: bytes, piece: bytes, pause_s: float = 0.0) -> Answer:
    """A head and then the same piece, again and again, until the client has gone."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause_s)

    return answer


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds + SLACK_S


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\n\r\n"
BOMB = gzip.compress(bytes(100 * MEBIBYTE))
HOSTILE: dict[str, tuple[Answer, type[InputError], str]] = {
    "endless body": (endless(OK + b"\r\n", bytes(65536)), FetchedTooMuch, "larger"),
    "endless chunks": (endless(CHUNKED, b"1000\r\n" + bytes(4096) + b"\r\n"), FetchedTooMuch, "larger"),
    "smallest chunks": (endless(CHUNKED, b"1\r\na\r\n" * 2000), UrlUnreachable, "around the photo"),
    "chunk extension": (endless(CHUNKED + b"1;", b"a" * 65536), UrlUnreachable, "HTTP"),
    "endless hints": (endless(HINTS, HINTS * 500), UrlUnreachable, "around the photo"),
    "endless headers": (endless(OK, b"A: b\r\n" * 1000), UrlUnreachable, "HTTP"),
    "endless header": (endless(OK + b"A: ", b"a" * 65536), UrlUnreachable, "HTTP"),
    "endless status line": (endless(b"", b"a" * 65536), UrlUnreachable, "HTTP"),
    "endless trailer": (endless(CHUNKED + b"0\r\n", b"A: b\r\n" * 1000), UrlUnreachable, "HTTP"),
    "not HTTP": (saying(b"SSH-2.0-OpenSSH_9.9\r\n"), UrlUnreachable, "HTTP"),
    "nothing": (saying(b""), UrlUnreachable, "HTTP"),
    "cut off": (saying(response(bytes(100))[:-1]), UrlUnreachable, "HTTP"),
    "cut off in a chunk": (saying(CHUNKED + b"5\r\nabc"), UrlUnreachable, "HTTP"),
    "no size of a chunk": (saying(CHUNKED + b"xyz\r\n"), UrlUnreachable, "HTTP"),
    "another transfer coding": (saying(OK + b"Transfer-Encoding: gzip\r\n\r\n"), UrlUnreachable, "HTTP"),
    "negative length": (saying(OK + b"Content-Length: -1\r\n\r\n"), UrlUnreachable, "HTTP"),
    "no length": (saying(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"), UrlUnreachable, "HTTP"),
    "huge length": (saying(OK + b"Content-Length: 99999999999\r\n\r\n"), FetchedTooMuch, "larger"),
    "two lengths": (saying(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), UrlUnreachable, "HTTP"),
    "gzip bomb": (saying(response(BOMB, headers=["Content-Encoding: gzip"])), UrlUnreachable, "compressed"),
    "brotli": (saying(response(b"a", headers=["Content-Encoding: identity, br"])), UrlUnreachable, "compressed"),
    "long redirect": (saying(redirect("a" * 90_000)), UrlRefused, "characters"),
    "redirect of bytes": (saying(b"HTTP/1.1 302 Found\r\nLocation: http://\xff\r\n\r\n"), UrlRefused, "no address"),
}


@pytest.mark.parametrize(("answer", "error", "sentence"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer(answer: Answer, error: type[InputError], sentence: str) -> None:
    with web(answer) as there, within(2.0), pytest.raises(error, match=sentence):
        there.fetch(timeout_s=5.0)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(endless(OK + b"\r\n", b"a", 0.05), id="drips of the body"),
        pytest.param(endless(OK, b"A: b\r\n", 0.05), id="drips of headers"),
        pytest.param(endless(b"", b"a", 0.05), id="drips of the status line"),
        pytest.param(endless(b"HTTP/1.1 103 Hints\r\n\r\n", b"HTTP/1.1 103 Hints\r\n\r\n", 0.05), id="drips of hints"),
        pytest.param(saying(OK + b"\r\n", pause=lambda: time.sleep(5)), id="silent after the head"),
        pytest.param(saying(b"", pause=lambda: time.sleep(5)), id="silent"),
        pytest.param(
            saying(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 5\r\n\r\n", pause=lambda: time.sleep(0.3)),
            id="slow redirects",
        ),
    ],
)
def test_a_slow_answer_ends_at_the_timeout(answer: Answer) -> None:
    with web(answer) as there, within(0.5), pytest.raises((UrlUnreachable, UrlRefused)) as caught:
        there.fetch(timeout_s=0.5)
    assert "within 0.5 seconds" in caught.value.message or "5 times" in caught.value.message


def test_a_silent_server_ends_before_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "_TIMEOUTS", {"connect": 0.3, "read": 0.3})
    answer = saying(OK + b"Content-Length: 5\r\n\r\na", pause=lambda: time.sleep(5))
    with web(answer) as there, within(0.3), pytest.raises(UrlUnreachable, match="was silent"):
        there.fetch(timeout_s=60.0)


def test_a_slow_name_server_ends_at_the_timeout() -> None:
    def lookup(host: str, port: int) -> list[str]:
        time.sleep(1.5)
        return ["127.0.0.1"]

    with web(saying()) as there, within(0.3), pytest.raises(UrlUnreachable, match=r"within 0\.3 seconds"):
        there.fetch(names=lookup, timeout_s=0.3)


HEADERS = st.lists(
    st.sampled_from(
        [
            *(b"Content-Length: 5", b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"),
            *(b"Location: /", b"Location: http://127.0.0.1/", b"Connection: Upgrade", b" folded", b"\x00: a", b": b"),
        ]
    )
    | st.binary(max_size=20),
    max_size=5,
)


@given(
    status=st.sampled_from(
        [b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 302 Found", b"HTTP/1.1 101 Up", b"HTTP/2 200"]
    )
    | st.binary(max_size=30),
    headers=HEADERS,
    body=st.binary(max_size=50) | st.sampled_from([b"5\r\nabcde\r\n0\r\n\r\n", b"hello"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_answer_is_a_file_or_a_known_error(status: bytes, headers: list[bytes], body: bytes) -> None:
    answer = saying(b"\r\n".join([status, *headers, b"", b""]) + body)
    with web(answer) as there, suppress(UrlRefused, UrlUnreachable, FetchedTooMuch):
        assert isinstance(there.fetch(timeout_s=2.0), bytes)
