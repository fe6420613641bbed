"""The HTTP protocol with the bounds that uvicorn leaves open: for heads, for slow clients, and for leaving."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.connection.transport import LingeringTransport

logger = logging.getLogger("likeness")

MAX_HEAD_BYTES = 32 * 1024  # of a request line and its headers; also of what frames a body, beyond the body itself
LINGER_S = 5.0  # that a client which is still sending is listened to after its answer
LINGER_BYTES = 16 * 2**20  # and how much of what it sends
LATE_S = 1.0  # that the application has for an answer of its own when a body is late

_UPGRADE = re.compile(rb"(?<=\r\n)upgrade(?=[ \t]*:)", re.IGNORECASE)


def _untold(code: str) -> None:
    """The default listener: nobody counts."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. A whole request must come within `read_timeout_s`, and some of each answer be taken within it.
    `refused` is told the code of whatever was refused or cut off here.

    `scope["began"]` tells the application when the request began (`time.monotonic()`): a body that is late is first
    its matter, so that the client gets a proper answer.
    """

    def __init__(
        self, *args: Any, read_timeout_s: float, refused: Callable[[str], None] = _untold, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._read_timeout_s = read_timeout_s
        self._refused = refused
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._in_head = True
        self._in_message = False
        self._surplus = 0  # bytes of the present message that are neither its body nor outweighed by it
        self._taken = 0
        self._deaf = False  # what still comes in is thrown away

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come; it has so long to say what it wants."""
        self._outgoing = LingeringTransport(transport, self._closing)
        super().connection_made(self._outgoing)  # type: ignore[arg-type]
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        self._expect_nothing()
        _cancel(self._writing)
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """The client sends no more."""
        if self._deaf and self.transport.is_closing():
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or several requests. A message that is mostly frame ends the connection."""
        self._surplus += len(data)
        if self._deaf:
            if self._surplus > LINGER_BYTES:
                self.transport.abort()
            return
        if self._in_head:
            # Some clients (Java's) ask for HTTP/2 beside an ordinary request. The parser takes that for the end of
            # HTTP and drops the body; who is asked may also go on as if nothing had been said.
            data = _UPGRADE.sub(b"X-Asked", data)
        super().data_received(data)
        if self._surplus <= MAX_HEAD_BYTES or self._deaf or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(431, "head_too_large", f"The request's headers are larger than {MAX_HEAD_BYTES} bytes.")
        else:  # trailers without end, or a body in crumbs
            self._cut("too_much_frame", "its request had more frame than body")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.scope["began"] = time.monotonic()  # type: ignore[typeddict-unknown-key]
        self._in_head = self._in_message = True
        if not self._is_behind():
            self._expect_request()

    def on_headers_complete(self) -> None:
        """The application begins."""
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body, which may be framed by as many bytes again."""
        self._surplus -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is here."""
        self._expect_nothing()
        self._in_head, self._in_message, self._surplus = True, False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is out. For a request behind it, which was not read meanwhile, the time begins now."""
        for cycle, _ in self.pipeline:
            cycle.scope["began"] = time.monotonic()  # type: ignore[typeddict-unknown-key]
        super().on_response_complete()
        if self._in_message and self._reading is None and not self._is_behind():
            self._expect_request()

    def pause_writing(self) -> None:
        """More is to be sent than the network takes."""
        super().pause_writing()
        self._expect_reader()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the form that all errors have."""
        self._refuse(400, "malformed_request", "This is not a well-formed HTTP request.")

    def _is_behind(self) -> bool:
        """Whether a request before the present message is still to be answered."""
        if self._in_head:
            return self.cycle is not None and not self.cycle.response_complete
        return bool(self.pipeline)

    def _expect_request(self) -> None:
        self._expect_nothing()
        self._reading = self.loop.call_later(self._read_timeout_s, self._late)

    def _expect_nothing(self) -> None:
        _cancel(self._reading)
        self._reading = None

    def _late(self) -> None:
        if not self._in_message:
            self.transport.close()
        elif self._in_head:
            self._refuse(408, "request_too_slow", "The request did not arrive in time.")
        else:
            self._reading = self.loop.call_later(LATE_S, self.transport.abort)

    def _expect_reader(self) -> None:
        """From now on some of what is unsent must go out every `read_timeout_s`, until nothing is."""
        if self._writing is None:
            self._taken = self._outgoing.taken
            self._writing = self.loop.call_later(self._read_timeout_s, self._check_reader)

    def _check_reader(self) -> None:
        self._writing = None
        if self.transport.get_write_buffer_size() == 0:
            return
        if self._outgoing.taken <= self._taken:
            self._cut("answer_not_taken", "its client did not take its answer")
        else:
            self._expect_reader()

    def _cut(self, code: str, reason: str) -> None:
        logger.warning("a connection was cut: %s", reason)
        self._refused(code)
        self.transport.abort()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer what is no request in the application's stead, unless it has an answer to give before that."""
        request_id = uuid.uuid4().hex
        logger.info("%s refused before it was a request: %s", request_id, code)
        self._refused(code)
        self._expect_nothing()
        self._deaf = True
        unanswered = self.cycle is not None and not self.cycle.response_complete
        if unanswered and self._in_head:
            self.cycle.keep_alive = False  # whole requests get their answers, and then it ends
            return
        if unanswered and (self.cycle.response_started or self.pipeline):
            self.transport.abort()  # in the midst of another answer
            return
        if unanswered:
            self.cycle.disconnected = True  # to the application, the client has gone in the midst of its body
            self.cycle.message_event.set()
        body = orjson.dumps({"error": message, "stage": "request", "code": code, "request_id": request_id})
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nx-request-id: {request_id}\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def _closing(self) -> bool:
        """The transport is about to close. Whether it should linger, as the client may still be sending."""
        if self.transport.get_write_buffer_size() > 0:
            self._expect_reader()
        if not self._in_message and not self._deaf:
            return False
        self._deaf, self._surplus = True, 0
        self._expect_nothing()
        self._reading = self.loop.call_later(LINGER_S, self.transport.abort)
        return True


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
