"""Photos from well-behaved servers: what is sent, what comes back, and what counts."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sources.errors import FetchedTooMuch, UrlRefused, UrlUnreachable
from app.version import VERSION
from tests.app.sources.test_target import ADDRESSES
from tests.app.sources.web import MEBIBYTE, OTHER_PUBLIC, PUBLIC, Names, Web, redirect, response, saying, web

PHOTO = bytes(range(256)) * 100
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"6400\r\n" + PHOTO + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(response(PHOTO), id="with a length"),
        pytest.param(response(PHOTO, length=False), id="until the connection ends"),
        pytest.param(CHUNKED, id="in chunks"),
        pytest.param(response(PHOTO, headers=["Content-Encoding: identity"]), id="said to be as it is"),
        pytest.param(response(PHOTO, headers=["Content-Type: text/html"]), id="whatever type it is said to have"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(PHOTO), id="after hints"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + PHOTO, id="HTTP/1.0"),
    ],
)
def test_a_file_is_fetched(answer: bytes) -> None:
    with web(saying(answer)) as there:
        assert there.fetch() == PHOTO


def test_only_what_is_needed_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with web(saying(response(PHOTO))) as there:
        there.fetch("http://Photos.example.org/a%20b.jpg?size=1#part")
        lines = there.heads[0].decode().split("\r\n")
    assert lines[0] == "GET /a%20b.jpg?size=1 HTTP/1.1"
    assert sorted(filter(None, lines[1:])) == [
        "Accept-Encoding: identity",
        "Accept: image/*, */*;q=0.5",
        "Connection: close",
        "Host: photos.example.org",
        f"User-Agent: Likeness/{VERSION}",
    ]
    assert there.network.connected == [(PUBLIC, 80)]


def test_a_cookie_is_not_kept() -> None:
    answers = [response(b"", "302 Found", ["Location: /b", "Set-Cookie: a=b"]), response(PHOTO)]
    with web(lambda connection, _: connection.sendall(answers.pop(0))) as there:
        assert there.fetch() == PHOTO
        assert b"cookie" not in there.heads[1].lower()


def test_a_host_without_its_first_address_is_reached_at_the_next() -> None:
    with web(saying(response(PHOTO))) as there:
        there.network.dead = {OTHER_PUBLIC}
        assert there.fetch(names=Names({"photos.example.org": [[OTHER_PUBLIC, PUBLIC, OTHER_PUBLIC]]})) == PHOTO
        assert there.network.connected == [(OTHER_PUBLIC, 80), (PUBLIC, 80)]


def test_a_host_that_nobody_answers_for_is_unreachable() -> None:
    with web(saying(response(PHOTO))) as there:
        there.network.dead = {PUBLIC}
        with pytest.raises(UrlUnreachable, match="could not be reached"):
            there.fetch()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(status: int) -> None:
    def answer(connection: object, head: bytes) -> None:
        left = int(head.split()[1].rpartition(b"/")[2])
        connection.sendall(redirect(f"/{left - 1}", status) if left else response(PHOTO))  # type: ignore[attr-defined]

    names = Names()
    with web(answer) as there:
        assert there.fetch("http://photos.example.org/5", names) == PHOTO
        assert len(names.asked) == len(there.network.connected) == 6  # looked up and checked each time
        with pytest.raises(UrlRefused, match="more than 5 times"):
            there.fetch("http://photos.example.org/6")
        assert len(there.heads) == 12  # the seventh address is not asked


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "304 Not Modified", "404 Not Found", "500 Oh"])
def test_another_status_is_told(status: str) -> None:
    with web(saying(response(b"", status))) as there, pytest.raises(UrlUnreachable, match=f"answered {status[:3]} "):
        there.fetch()


def test_a_redirect_to_nowhere_is_no_photo() -> None:
    with web(saying(response(PHOTO, "302 Found"))) as there, pytest.raises(UrlUnreachable, match="answered 302"):
        there.fetch()


@pytest.mark.parametrize("answer", [response(bytes(MEBIBYTE)), response(bytes(MEBIBYTE), length=False)])
def test_the_largest_file_is_fetched(answer: bytes) -> None:
    with web(saying(answer)) as there:
        assert len(there.fetch()) == MEBIBYTE


@pytest.mark.parametrize("body", [response(bytes(MEBIBYTE + 1)), response(bytes(MEBIBYTE + 1), length=False)])
def test_one_byte_more_is_too_much(body: bytes) -> None:
    with web(saying(body)) as there, pytest.raises(FetchedTooMuch, match="larger than the 1 MB"):
        there.fetch()


def test_what_comes_is_counted_and_may_be_stopped() -> None:
    counted: list[int] = []

    def count(size: int) -> None:
        counted.append(size)
        if sum(counted) > 100_000:
            raise KeyError("enough")

    async def go(there: Web, content: int) -> bytes:
        return await there.fetcher().fetch(f"http://photos.example.org/{content}", count)

    with web(lambda connection, head: connection.sendall(response(bytes(int(head.split()[1][1:]))))) as there:
        assert len(asyncio.run(go(there, 50_000))) == sum(counted) == 50_000
        with pytest.raises(KeyError):
            asyncio.run(go(there, 500_000))
    assert sum(counted) < 150_000


def test_a_data_url_needs_no_network() -> None:
    names = Names()
    with web(saying()) as there:
        coded = base64.b64encode(PHOTO).decode()
        assert there.fetch(f"data:image/png;base64,{coded}", names) == PHOTO
        with pytest.raises(FetchedTooMuch):
            there.fetch(f"data:image/png;base64,{coded}", names, max_bytes=len(PHOTO) - 1)
        assert names.asked == there.network.connected == []


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with web(saying()) as there:
        for lookup in (nobody, Names({"photos.example.org": [[]]})):
            with pytest.raises(UrlUnreachable, match="no host of the name"):
                there.fetch(names=lookup)


def test_any_url_is_a_file_or_a_known_error() -> None:
    with web(saying(response(PHOTO))) as there:

        @given(ADDRESSES | st.text(max_size=40).map("data:;base64,{}".format))
        @settings(max_examples=200, deadline=None)
        def check(url: str) -> None:
            with suppress(UrlRefused, UrlUnreachable, FetchedTooMuch):
                assert isinstance(there.fetch(url, timeout_s=1.0), bytes)

        check()
    assert there.heads  # some of them are right
    assert {address for address, _ in there.network.connected} == {PUBLIC}
