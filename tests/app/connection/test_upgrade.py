"""Offers of another protocol: hidden from the parser however they are split, and shown to the application."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connection.upgrade import HiddenUpgrade
from tests.app.connection.clients import end_of
from tests.app.server import LIVE, STATUS, Likeness

HANDSHAKE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@given(name=st.sampled_from([b"Upgrade", b"upgrade", b"UPGRADE "]), cuts=st.lists(st.integers(1, 60), max_size=6))
def test_an_offer_is_hidden_wherever_it_is_split(name: bytes, cuts: list[int]) -> None:
    head = b"GET / HTTP/1.1\r\nUpgrades: a\r\n" + name + b": WebSocket\r\nX-Other: b\r\n\r\n"
    hidden, seen = HiddenUpgrade(), b""
    edges = sorted({0, *(cut for cut in cuts if cut < len(head)), len(head)})
    for start, end in pairwise(edges):
        seen += hidden.hide(head[start:end], is_end=end == len(head))
    assert seen == head.replace(name + b":", b"X-Asked" + name[7:] + b":", 1)
    assert hidden.offered([(b"host", b"a"), (b"x-asked", b"WebSocket ")]) == "websocket"
    assert hidden.offered([(b"x-asked", b"websocket")]) is None  # of the next request, which has none


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        (b"X-Asked: websocket\r\n", [b"websocket"]),
        (b"X-Asked: websocket\r\nUpgrade: h2c\r\n", [b"websocket", b"h2c"]),
        (b"Upgrade: websocket\r\nUpgrade: h2c\r\n", [b"websocket", b"h2c"]),
        (b"Host: a\r\n", []),
    ],
)
def test_a_head_without_exactly_one_offer_offers_nothing(lines: bytes, headers: list[bytes]) -> None:
    hidden = HiddenUpgrade()
    hidden.hide(b"GET / HTTP/1.1\r\n" + lines + b"\r\n", is_end=True)
    assert hidden.offered([(b"x-asked", value) for value in headers]) is None


@pytest.mark.parametrize("path", [LIVE, STATUS, "/nothing", "/api/v1/jobs", "/api/v1/jobs/1"])
def test_a_websocket_is_not_offered_elsewhere(likeness: Likeness, path: str) -> None:
    """The offer is ignored (RFC 9110, 7.8), and the next request of the connection is read as always."""
    with closing(likeness.connect()) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path.encode(), HANDSHAKE))
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answers, _ = end_of(connection)
    assert b" 101 " not in answers
    assert answers.count(b"HTTP/1.1 ") == 2
    assert answers.startswith(b"HTTP/1.1 200" if path in (LIVE, STATUS) else b"HTTP/1.1 404")
