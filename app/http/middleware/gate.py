"""The gate before photos: refuses what cannot be served before its body is read, and limits the body.

FastAPI's `max_body_size` does not fit: outside of the other middleware it would turn a 401 or 429 into a 413 in plain
text that no metric counts, and inside the routes it would not cover addresses without one.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from app.http.client import client_name
from app.http.middleware.base import HTTPMiddleware, is_post_to, with_headers
from app.http.photo_head import closing_boundary
from app.http.refusals import BodyTooLarge, MalformedForm
from app.http.upload_memory import Upload, UploadMemory
from app.work.admission import Arrival


@dataclass(frozen=True)
class GateMiddleware(HTTPMiddleware):
    """Every body may have at most `max_body_bytes`, whether its length is declared or not, and must be complete
    `read_timeout_s` after its request began. All bodies that are arriving share `memory`.

    On the paths in `guarded`, a request needs a place for its client, `arriving`, before its body is read: what could
    not be served is refused at once (not ready, overloaded), and what is read has its place. The body must be a photo,
    or a form with its closing boundary: the parser would silently drop the cut off part of an incomplete one. On the
    paths in `taking_json` it may be JSON.
    """

    max_body_bytes: int
    read_timeout_s: float
    memory: UploadMemory
    guarded: frozenset[str]
    taking_json: frozenset[str]
    arriving: Callable[[str], AbstractContextManager[Arrival]]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `PipelineError`, also when the body is received."""
        self._check_length(Headers(scope=scope))
        is_guarded = is_post_to(self.guarded, scope)
        closing = closing_boundary(scope, takes_json=scope["path"] in self.taking_json) if is_guarded else b""
        received, tail, closed = 0, b"", not closing
        started_at = scope.get("started_at", time.monotonic())  # set by GuardedProtocol; other servers do not
        upload = Upload(self.memory, started_at + self.read_timeout_s, self.read_timeout_s)

        async def receive_bounded() -> Message:
            nonlocal received, tail, closed
            message = await upload.message(receive)
            body = message.get("body", b"")
            received += len(body)
            if received > self.max_body_bytes:
                raise BodyTooLarge(self.max_body_bytes)
            if not closed and message["type"] == "http.request":
                tail += body
                closed = closing in tail
                tail = tail[-len(closing) :]
                if not closed and not message.get("more_body", False):
                    raise MalformedForm("The form is cut off: its closing boundary is missing.")
            return message

        def close_unless_read(headers: MutableHeaders) -> None:
            if not upload.is_complete:  # the rest of the body must not be parsed as the next request
                headers["Connection"] = "close"

        with ExitStack() as held:
            if is_guarded:
                send = with_headers(send, close_unless_read)
                scope["arrival"] = held.enter_context(self.arriving(client_name(scope)))
            held.callback(self.memory.release, upload)
            await self.app(scope, receive_bounded, send)

    def _check_length(self, headers: Headers) -> None:
        """Raises `MalformedForm` and `BodyTooLarge` for the length that the head declares."""
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise MalformedForm("The Content-Length header is not a number.")
        if int(declared) > self.max_body_bytes:
            raise BodyTooLarge(self.max_body_bytes)
