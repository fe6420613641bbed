"""Whatever the body of a request, the application answers it, with JSON and without a fault of its own.

The first byte is the size of the pieces in which the body arrives (0: whole), the first line the Content-Type (empty:
that of a good form) and, behind a question mark, the query, and the rest the body. The photos of the corpus are broken,
so that none is processed.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from unittest.mock import patch

from starlette.types import ASGIApp, Message

from app.application import create_app
from app.settings import Settings
from app.work import loaded_models
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, NO_WEBSITE

ANSWERS = {200, 400, 413, 415, 422}
FORM = b"multipart/form-data; boundary=b"
_LOOP = asyncio.new_event_loop()


def _started() -> ASGIApp:
    """The application with fake models, ready for photos."""
    app = create_app(Settings(models="embedded", device="cpu", web_dir=Path(NO_WEBSITE), max_upload_mb=1))
    with patch.object(loaded_models, "load", lambda *_: FakeModels()()):
        _LOOP.run_until_complete(app.state.service.start())
    return app


_APP = _started()


def try_bytes(data: bytes) -> None:
    head, _, body = data[1:].partition(b"\n")
    content_type, _, query = head.partition(b"?")
    size = (data[0] if data else 0) or len(body) or 1
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    status, answer = _LOOP.run_until_complete(_answer(content_type or FORM, query, pieces))
    document = json.loads(answer)
    if status not in ANSWERS or ("data" if status == 200 else "error") not in document:
        raise ValueError(f"The answer to the form is {status}: {document}")


async def _answer(content_type: bytes, query: bytes, pieces: list[bytes]) -> tuple[int, bytes]:
    """Status and body of the answer to a POST whose body arrives in these pieces."""
    arriving = [
        *({"type": "http.request", "body": piece, "more_body": True} for piece in pieces),
        {"type": "http.request"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        if not arriving:
            await asyncio.Event().wait()  # the client waits for the answer
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": ENHANCE,
        "raw_path": ENHANCE.encode(),
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", content_type)],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    await _APP(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)
