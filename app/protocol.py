"""The HTTP protocol with the bounds that uvicorn leaves open: for heads, for slow clients, and for leaving."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

logger = logging.getLogger("likeness")

MAX_HEAD_BYTES = 32 * 1024  # of a request line and its headers; also of what frames a body, beyond the body itself
LINGER_S = 5.0  # that a client which is still sending is listened to after its answer
LINGER_BYTES = 16 * 2**20  # and how much of what it sends
LATE_S = 1.0  # that the application has for an answer of its own when a body is late


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
        self._unsent = 0
        self._departed = False  # the answer is out, and what still comes in is thrown away

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come; it has so long to say what it wants."""
        super().connection_made(_LingeringTransport(transport, self._linger))  # type: ignore[arg-type]
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        _cancel(self._reading)
        _cancel(self._writing)
        self._reading = self._writing = None
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """The client sends no more."""
        if self._departed:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or several requests. A message that is mostly frame ends the connection."""
        self._surplus += len(data)
        if self._departed:
            if self._surplus > LINGER_BYTES:
                self.transport.abort()
            return
        super().data_received(data)
        if self._surplus <= MAX_HEAD_BYTES or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(431, "head_too_large", f"The request's headers are larger than {MAX_HEAD_BYTES} bytes.")
        else:  # trailers without end, or a body in crumbs
            logger.warning("a connection was cut: its request had more frame than body")
            self._refused("too_much_frame")
            self.transport.abort()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.scope["began"] = time.monotonic()  # type: ignore[typeddict-unknown-key]
        self._in_head = self._in_message = True
        if self._reading is None:
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
        _cancel(self._reading)
        self._reading = None
        self._in_head, self._in_message, self._surplus = True, False, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """More is to be sent than the network takes: from now on some of it must go out every `read_timeout_s`."""
        super().pause_writing()
        self._expect_reader()

    def resume_writing(self) -> None:
        """The client has taken nearly all."""
        _cancel(self._writing)
        self._writing = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the form that all errors have."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # in the midst of another answer
        else:
            self._refuse(400, "malformed_request", "This is not a well-formed HTTP request.")

    def _expect_request(self) -> None:
        self._reading = self.loop.call_later(self._read_timeout_s, self._late)

    def _late(self) -> None:
        if not self._in_message:
            self.transport.close()
        elif self._in_head:
            self._refuse(408, "request_too_slow", "The request did not arrive in time.")
        else:
            self._reading = self.loop.call_later(LATE_S, self.transport.abort)

    def _expect_reader(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        self._writing = self.loop.call_later(self._read_timeout_s, self._check_reader)

    def _check_reader(self) -> None:
        if self.transport.get_write_buffer_size() >= self._unsent:
            logger.warning("a connection was cut: its client did not take its answer")
            self._refused("answer_not_taken")
            self.transport.abort()
        else:
            self._expect_reader()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer in the application's stead: it does not know of this request."""
        request_id = uuid.uuid4().hex
        logger.info("%s refused before it was a request: %s", request_id, code)
        self._refused(code)
        body = orjson.dumps({"error": message, "stage": "request", "code": code, "request_id": request_id})
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nx-request-id: {request_id}\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def _linger(self) -> bool:
        """Whether the client may still be sending, as what arrives at a closed socket would cost it its answer."""
        if not self._in_message:
            return False
        self._departed, self._surplus = True, 0
        _cancel(self._reading)
        self._reading = self.loop.call_later(LINGER_S, self.transport.abort)
        return True


class _LingeringTransport:
    """A transport whose `close` only ends the sending, as long as the client may still be sending."""

    def __init__(self, transport: asyncio.Transport, linger: Callable[[], bool]) -> None:
        self._transport = transport
        self._linger = linger
        self._closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether `close` was called, or the connection is lost."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """Send what is left; then the client finds the end of the answer, and a second time closes."""
        if self.is_closing():
            return
        self._closing = True
        if self._linger() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
