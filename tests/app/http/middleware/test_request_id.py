"""Every answer has a request id, which a client may choose."""

from __future__ import annotations

import re

import pytest

from tests.app.server import LIVE, Likeness, answer_on


def test_every_answer_has_its_own_id(likeness: Likeness) -> None:
    ids = {likeness.client.get(path).headers["x-request-id"] for path in (LIVE, LIVE, "/docs", "/api/v1/nothing")}
    assert len(ids) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", made) for made in ids)


@pytest.mark.parametrize("given", ["7f3a", "Trace_1.2-3", "a" * 64])
def test_a_well_formed_id_is_kept(likeness: Likeness, given: str) -> None:
    response = likeness.client.get("/api/v1/nothing", headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == response.json()["request_id"] == given


@pytest.mark.parametrize(
    "given", [b"", b"a" * 65, b"a b", b"a\tb", b'"><script>', b"id;drop", b"\xe4\xf6\xfc", b"../x"]
)
def test_a_malformed_id_is_replaced(likeness: Likeness, given: bytes) -> None:
    response = likeness.client.get("/api/v1/nothing", headers={b"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])
    assert response.headers["x-request-id"] == response.json()["request_id"]


def test_an_id_cannot_add_headers(likeness: Likeness) -> None:
    connection = likeness.connect()
    connection.sendall(
        b"GET /docs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-ID: a\r\n Set-Cookie: b=c\r\n\r\n"
    )
    assert b"set-cookie" not in answer_on(connection).lower()
