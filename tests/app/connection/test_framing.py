"""Limits for heads and for the frame of bodies hold however the bytes are split."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import httptools
import pytest

from app.connection.framing import MAX_HEAD_BYTES, Framing

CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
BEFORE = {
    "nothing": b"",
    "a request without a body": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "forty requests": b"GET / HTTP/1.1\r\nX-Padding: %s\r\n\r\n" % (b"a" * 1000) * 40,
    "a body": b"POST / HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" + b"\r\n\r\nabcdef" * 5000,
    "a body of line breaks": b"POST / HTTP/1.1\r\nContent-Length: 40003\r\n\r\n" + b"\r\n" * 20_001 + b"\r",
    "a chunked body": CHUNKED + b"9c40\r\n" + b"\r\n\r\nabcdef" * 4000 + b"\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n",
}


class Receiver:
    """A parser with a framing around it, as the protocol has them."""

    def __init__(self) -> None:
        self.framing, self.parser = Framing(), httptools.HttpRequestParser(self)
        self.length, self.heads, self.messages = 0, 0, 0

    def receive(self, reads: Iterable[bytes]) -> bool:
        """Whether all of it was accepted."""
        for data in reads:
            start = 0
            while start < len(data):
                part = self.framing.part(data, start)
                start += len(part)
                self.parser.feed_data(part)
                if self.framing.is_full:
                    return False
        return True

    def on_message_begin(self) -> None:
        self.length = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.framing.in_head:
            self.framing.trailer()
        elif name == b"Content-Length":
            self.length = int(value)

    def on_headers_complete(self) -> None:
        self.heads += 1
        self.framing.head_complete(self.length)

    def on_body(self, body: bytes) -> None:
        self.framing.body(len(body))

    def on_message_complete(self) -> None:
        self.messages += 1
        self.framing.message_complete()


def single_bytes(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def in_pieces(data: bytes, seed: int) -> Iterator[bytes]:
    numbers, start = random.Random(seed), 0
    while start < len(data):
        end = start + numbers.choice((1, 2, 3, 7, 1460, 16_384, 65_536))
        yield data[start:end]
        start = end


def ways(data: bytes) -> Iterator[Iterable[bytes]]:
    """One read, single bytes, and pieces of many sizes."""
    yield [data]
    yield single_bytes(data)
    yield from (in_pieces(data, seed) for seed in range(10))


def head(size: int) -> bytes:
    """A head of so many bytes."""
    start, end = b"GET / HTTP/1.1\r\nX-Long: ", b"\r\n\r\n"
    return start + b"a" * (size - len(start) - len(end)) + end


@pytest.mark.parametrize("before", BEFORE)
def test_a_head_may_have_exactly_the_limit(before: str) -> None:
    accepted = BEFORE[before] + head(MAX_HEAD_BYTES)
    for reads in ways(accepted):
        receiver = Receiver()
        assert receiver.receive(reads)
        assert receiver.framing.in_head
        assert receiver.heads == receiver.messages == BEFORE[before].count(b"HTTP/1.1") + 1


@pytest.mark.parametrize("before", BEFORE)
def test_a_head_may_not_have_one_byte_more(before: str) -> None:
    refused = BEFORE[before] + head(MAX_HEAD_BYTES + 1)
    for reads in ways(refused):
        receiver = Receiver()
        assert not receiver.receive(reads)
        assert receiver.heads == receiver.messages == BEFORE[before].count(b"HTTP/1.1"), "the parser has seen its end"


@pytest.mark.parametrize(
    "long",
    [
        pytest.param(b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n", id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nX:" + b" " * 100_000 + b"a\r\n\r\n", id="spaces that the parser drops"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 10_000 + b"\r\n", id="many headers"),
        pytest.param(b"\r\n" * 50_000 + b"GET / HTTP/1.1\r\n\r\n", id="blank lines in front"),
    ],
)
def test_a_large_head_is_refused_before_it_is_complete(long: bytes) -> None:
    for reads in ways(long):
        receiver = Receiver()
        assert not receiver.receive(reads)
        assert receiver.heads == 0


def chunks(size: int, count: int, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (size, extension, b"a" * size) * count


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(chunks(5, 1, b";a=" + b"b" * 40_000) + b"0\r\n\r\n", id="one extension"),
        pytest.param(chunks(5, 1000, b";a=" + b"b" * 90) + b"0\r\n\r\n", id="many extensions"),
        pytest.param(chunks(1, 20_000) + b"0\r\n\r\n", id="tiny chunks"),
        pytest.param(b"0;" + b"a" * 40_000 + b"\r\n\r\n", id="extension of the last chunk"),
        pytest.param(b"0\r\nX-Trailer: " + b"a" * 40_000 + b"\r\n\r\n", id="one trailer"),
        pytest.param(b"0\r\n" + b"X: 1\r\n" * 10_000 + b"\r\n", id="many trailers"),
        pytest.param(chunks(20_000, 10) + b"0\r\n" + b"X: 1\r\n" * 20_000 + b"\r\n", id="trailers of a large body"),
    ],
)
def test_a_frame_much_larger_than_its_body_is_refused_before_it_is_complete(rest: bytes) -> None:
    for reads in ways(CHUNKED + rest):
        receiver = Receiver()
        assert not receiver.receive(reads)
        assert receiver.messages == 0


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(chunks(16, 10_000), id="small chunks"),
        pytest.param(chunks(16, 100, b";a=" + b"b" * 100), id="extensions"),
        pytest.param(chunks(70_000, 2), id="large chunks"),
        pytest.param(b"", id="no body"),
    ],
)
def test_a_usual_chunked_body_is_accepted(rest: bytes) -> None:
    for reads in ways(CHUNKED + rest + b"0\r\nX-Sum: 1\r\n\r\n"):
        receiver = Receiver()
        assert receiver.receive(reads)
        assert receiver.messages == 1


def test_a_chunked_body_full_of_blank_lines_reaches_the_parser_in_few_parts() -> None:
    """Each part costs time; a body could otherwise be cut at each of its blank lines."""
    body = b"\r\n\r\n" * 50_000
    framing, parts, start = Framing(), 0, 0
    framing.head_complete(0)
    while start < len(body):
        part = framing.part(body, start)
        framing.body(len(part))
        start, parts = start + len(part), parts + 1
    assert parts < 30
