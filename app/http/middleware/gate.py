"""The gate before photos: refuses what cannot be served before its body is read, and limits the body.

FastAPI's `max_body_size` does not fit: outside of the other middleware it would turn a 401 or 429 into a 413 in plain
text that no metric counts, and inside the routes it would not cover addresses without one. The gate reads every body
anyway, for the memory and the time of uploads and for the closing boundary of a form.
"""

import time
from collections.abc import Callable

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.refusals import BodyTooLarge, MalformedForm
from app.http.upload_memory import Upload, UploadMemory


class GateMiddleware:
    """Every body may have at most `max_body_bytes`, whether its length is declared or not, and must be complete
    `read_timeout_s` after its request began. All bodies that are arriving share `memory`.

    On the paths in `guarded`, `check` may refuse the request before its body is read (not ready, overloaded), and the
    body must be a form with its closing boundary: the parser would silently drop the cut off part of an incomplete one.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        read_timeout_s: float,
        memory: UploadMemory,
        guarded: frozenset[str],
        check: Callable[[], None],
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._read_timeout_s = read_timeout_s
        self._memory = memory
        self._guarded = guarded
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event stream, as ASGI asks. Raises `PipelineError`, also when the body is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        closing = self._inspect(scope)
        received, tail, closed = 0, b"", not closing
        started_at = scope.get("started_at", time.monotonic())  # set by GuardedProtocol; other servers do not
        upload = Upload(self._memory, started_at + self._read_timeout_s, self._read_timeout_s)

        async def receive_bounded() -> Message:
            nonlocal received, tail, closed
            message = await upload.message(receive)
            body = message.get("body", b"")
            received += len(body)
            if received > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            if not closed and message["type"] == "http.request":
                tail += body
                closed = closing in tail
                tail = tail[-len(closing) :]
                if not closed and not message.get("more_body", False):
                    raise MalformedForm("The form is cut off: its closing boundary is missing.")
            return message

        try:
            await self._app(scope, receive_bounded, send)
        finally:
            self._memory.release(upload)

    def _inspect(self, scope: Scope) -> bytes:
        """The closing boundary that the body must have; empty if it need not be a form. Raises `PipelineError`."""
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise MalformedForm("The Content-Length header is not a number.")
        if int(declared) > self._max_body_bytes:
            raise BodyTooLarge(self._max_body_bytes)
        # The router ignores a line break at the end of a path (its pattern ends with $).
        if scope["method"] != "POST" or scope["path"].rstrip("\n") not in self._guarded:
            return b""
        media_type, parameters = parse_options_header(headers.get("content-type", ""))
        boundary = parameters.get(b"boundary", b"")
        if media_type != b"multipart/form-data" or not boundary:
            message = "Send the photo as multipart/form-data with a boundary, in a field named file."
            raise MalformedForm(message)
        self._check()
        return b"--" + boundary + b"--"
