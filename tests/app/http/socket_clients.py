"""Clients of a job's WebSocket."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.app.http.job_clients import submit
from tests.app.server import Likeness

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}

Event = tuple[str, Any]


def followed(server: Likeness, path: str, **options: Any) -> ClientConnection:
    """A client that follows the job at this path. It sends no pings, unless `options` say so."""
    address = f"ws://127.0.0.1:{server.port}{path}/events"
    return connect(address, **{"ping_interval": None, "open_timeout": 20, "close_timeout": 10, **options})


def events_of(client: ClientConnection) -> tuple[list[Event], int]:
    """All further events, and the code with which the server closes."""
    seen: list[Event] = []
    while True:
        try:
            seen.append(event_of(client))
        except ConnectionClosed as closed:
            return seen, 1006 if closed.rcvd is None else closed.rcvd.code


def event_of(client: ClientConnection) -> Event:
    """The next event."""
    message = json.loads(client.recv(20))
    assert set(message) == {"event", "data"}
    return message["event"], message["data"]


def refused(server: Likeness, path: str, **options: Any) -> tuple[int, str]:
    """The status and code of a handshake that is refused, whose answer has the form of all errors."""
    with pytest.raises(InvalidStatus) as failed:
        followed(server, path, **options)
    response = failed.value.response
    document = json.loads(response.body)
    assert set(document) == {"error", "stage", "code", "request_id"}
    assert document["request_id"] == response.headers["x-request-id"]
    return response.status_code, document["code"]


def raw(server: Likeness, path: str, more: bytes = b"", receives: int | None = None, **changes: str) -> socket.socket:
    """A plain socket that has sent the handshake with these headers changed, and `more` behind it."""
    connection = server.connect()
    if receives is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    headers = {"Host": "localhost", **HANDSHAKE, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection.sendall(f"GET {path}/events HTTP/1.1\r\n{lines}\r\n".encode() + more)
    return connection


def new_job(server: Likeness, **options: Any) -> str:
    """The path of a job that was submitted."""
    path: str = submit(server, **options).json()["links"]["self"]
    return path
