"""Connections are closed so that the client gets its answer, and aborted if it does not read it."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing, suppress

import pytest

from app.connection.protocol import LINGER_BYTES
from tests.app.connection.clients import TIMEOUT_S, code_of, end_of, large_answer, speckled
from tests.app.server import LIVE, Likeness, eventually, head_of

PHOTO_OF_30_MB = speckled(1500)  # the size of its answer, more than the socket buffers hold


def test_an_early_answer_reaches_a_client_that_sends_all_first(hasty: Likeness) -> None:
    """Bytes that arrive at a closed socket would reset the connection, and the answer would be lost."""
    body = b"x" * (LINGER_BYTES // 2)
    for _ in range(5):
        connection = hasty.connect()
        connection.sendall(head_of("/api/v1/enhance", {"Content-Type": "text/plain", "Content-Length": len(body)}))
        time.sleep(0.05)  # the answer is sent by now
        connection.sendall(body)
        answer, seconds = end_of(connection)
        assert code_of(answer) == (415, "unsupported_media_type")
        assert seconds < 2


def test_a_client_that_goes_on_sending_after_its_answer_is_cut_off(hasty: Likeness) -> None:
    connection = hasty.connect()
    connection.sendall(head_of("/api/v1/enhance", {"Content-Type": "text/plain", "Content-Length": 9_000_000}))
    sent, start = 0, time.monotonic()
    with pytest.raises(OSError, match=r"[Rr]eset|[Pp]ipe"):  # noqa: PT012
        while time.monotonic() < start + 60:
            sent += connection.send(b"x" * 65536)
    assert sent < 2 * LINGER_BYTES + 10_000_000
    connection.close()


def test_a_client_that_does_not_read_its_answer_is_cut_off(hasty: Likeness) -> None:
    """Otherwise a client could keep the answer in memory for any time."""
    connection = large_answer(hasty, PHOTO_OF_30_MB)
    time.sleep(3 * TIMEOUT_S)
    received = 0
    with closing(connection), suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += len(part)
    assert received < 10_000_000


def test_a_client_that_reads_its_answer_slowly_gets_all_of_it(hasty: Likeness) -> None:
    start = time.monotonic()
    with closing(large_answer(hasty, PHOTO_OF_30_MB)) as connection:
        received = b""
        while part := connection.recv(65536):
            received += part
            if time.monotonic() < start + 4 * TIMEOUT_S:
                time.sleep(0.2)  # about 300 KB a second: the socket's send buffer accepts more only now and then
    document = json.loads(received.partition(b"\r\n\r\n")[2])
    assert len(document["data"]["restored_image"]) > 20_000_000
    assert time.monotonic() - start > 2 * TIMEOUT_S


def test_a_connection_with_many_small_unread_answers_is_closed(hasty: Likeness) -> None:
    """They fit into the write buffer, so that asyncio never pauses writing."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n"
    connection = hasty.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    hasty.client.get(LIVE)
    open_before = len(hasty.server.server_state.connections)
    for _ in range(200):
        connection.sendall(request + b"\r\n")
        time.sleep(0.001)
    connection.sendall(request + b"Connection: close\r\n\r\n")
    with closing(connection):
        eventually(lambda: len(hasty.server.server_state.connections) < open_before, 20)
