"""Requests as bytes, and answers read until the server closes the connection."""

from __future__ import annotations

import json
import socket
import time

import numpy as np

from tests import images
from tests.app.server import ENHANCE, MULTIPART, UPSCALE, Likeness, answer_on, form_body, head_of

TIMEOUT_S = 1.0  # of the server `hasty`
PHOTO = images.png(images.gradient())
FORM = form_body({"file": PHOTO})
HEAD = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": len(FORM)})


def end_of(connection: socket.socket) -> tuple[bytes, float]:
    """All bytes that the server sends until it closes the connection, and the seconds until then."""
    start = time.monotonic()
    try:
        return answer_on(connection), time.monotonic() - start
    except ConnectionResetError:
        return b"", time.monotonic() - start


def code_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body)
    assert set(document) == {"error", "stage", "code", "request_id"}
    assert b"connection: close" in head.lower()
    assert document["request_id"].encode() in head
    return int(head.split()[1]), document["code"]


def speckled(side: int) -> bytes:
    """A photo of noise, which does not compress: its answer has about 13 times as many bytes as it has pixels."""
    return images.png(np.random.default_rng(3).integers(0, 256, (side, side, 3), dtype=np.uint8))


def large_answer(
    server: Likeness, photo: bytes, *, version: str = "1.1", receives: int = 128 * 1024, **headers: str
) -> socket.socket:
    """A client with a receive buffer of so many bytes that has the first bytes of the answer to a photo."""
    body = form_body({"file": photo, "background": "resample", "metrics": "false"})
    connection = server.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    framing = {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}
    head = head_of(UPSCALE, {**framing, **headers}).replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1)
    connection.sendall(head + body)
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection
