"""Requests as bytes, and answers read until the server closes the connection."""

from __future__ import annotations

import json
import socket
import time

from tests import images
from tests.app.server import ENHANCE, MULTIPART, answer_on, form_body, head_of

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
