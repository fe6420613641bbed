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
from app.http.photo_head import check_accept, closing_boundary
from app.http.refusals import BodyTooLarge, MalformedForm
from app.http.upload_memory import Upload, UploadMemory
from app.settings import upload_s
from app.work.admission import Arrival


@dataclass(frozen=True)
class GateMiddleware(HTTPMiddleware):
    """Every body may have at most `max_body_bytes`, whether its length is declared or not, and must be complete
    `read_timeout_s` after its request began. All bodies that are arriving share `memory`.

    On the paths in `guarded`, a request needs a place for its client, `arriving`, before its body is read: what could
    not be served is refused at once (not ready, overloaded), and what is read has its place. The body must be a photo,
    or a form with its closing boundary: the parser would silently drop the cut off part of an incomplete one. On the
    paths in `taking_json` it may be JSON.

    On the paths in `kept` the photo is done later: its body is checked in the same way, but needs no place. On those in
    `kept_many` the form may have `max_many_bytes`, and for each `max_body_bytes` of it one `read_timeout_s`; the route
    stores it while it arrives, and tells `scope["upload"]` how much it has passed on.
    """

    max_body_bytes: int
    read_timeout_s: float
    memory: UploadMemory
    guarded: frozenset[str]
    taking_json: frozenset[str]
    arriving: Callable[[str], AbstractContextManager[Arrival]]
    kept: frozenset[str] = frozenset()
    kept_many: frozenset[str] = frozenset()
    max_many_bytes: int = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises `PipelineError`, also when the body is received."""
        is_many = is_post_to(self.kept_many, scope)
        limit = self.max_many_bytes if is_many else self.max_body_bytes
        length = self._checked_length(Headers(scope=scope), limit)
        allowed_s = upload_s(length, self.max_body_bytes, self.read_timeout_s)
        is_guarded = is_post_to(self.guarded, scope)
        has_photos = is_guarded or is_many or is_post_to(self.kept, scope)
        closing = b""
        if has_photos:
            closing = closing_boundary(scope, takes_json=scope["path"] in self.taking_json, takes_photo=not is_many)
        if is_guarded:
            check_accept(scope)
        received, tail, closed = 0, b"", not closing
        started_at = scope.get("started_at", time.monotonic())  # set by GuardedProtocol; other servers do not
        upload = scope["upload"] = Upload(self.memory, started_at + allowed_s, allowed_s)
        if is_many and "read_within" in scope:
            scope["read_within"](allowed_s)

        async def receive_bounded() -> Message:
            nonlocal received, tail, closed
            message = await upload.message(receive)
            body = message.get("body", b"")
            received += len(body)
            if received > limit:
                raise BodyTooLarge(limit)
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
            if has_photos:
                send = with_headers(send, close_unless_read)
            if is_guarded:
                scope["arrival"] = held.enter_context(self.arriving(client_name(scope)))
            held.callback(self.memory.release, upload)
            await self.app(scope, receive_bounded, send)

    def _checked_length(self, headers: Headers, limit: int) -> int:
        """The length that the head declares, the limit if it declares none. Raises `MalformedForm`, and `BodyTooLarge`
        above the limit.
        """
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise MalformedForm("The Content-Length header is not a number.")
        if int(declared) > limit:
            raise BodyTooLarge(limit)
        return int(declared) if "content-length" in headers else limit
