"""The HTTP protocol with limits that uvicorn lacks: for large heads, for slow clients, and for closing a connection."""

import asyncio
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

import orjson

from app.connection.timer import Timer
from app.connection.transport import LingeringTransport
from app.connection.uvicorn_protocol import UvicornProtocol

logger = logging.getLogger("likeness")

MAX_HEAD_BYTES = 32 * 1024  # of a request line with its headers; also of chunk sizes and trailers, beyond the body
LINGER_S = 5.0  # how long a closing connection still reads what its client sends
LINGER_BYTES = 16 * 2**20  # how much of it
ABORT_S = 1.0  # how long the application may take to answer a late body, before the connection is aborted

_UPGRADE = re.compile(rb"(?<=\r\n)upgrade(?=[ \t]*:)", re.IGNORECASE)


class GuardedProtocol(UvicornProtocol):
    """One connection. A whole request must arrive within `read_timeout_s`, and a client that is sent an answer must
    take some of it within each such time.

    `on_refusal` gets the code of each request that is refused, and of each connection that is aborted, here. A late
    body is first refused by the application, by `scope["started_at"]`, so that the client gets a proper answer.
    """

    def __init__(self, *args: Any, read_timeout_s: float, on_refusal: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_timeout_s, self._on_refusal = read_timeout_s, on_refusal
        self._read_timer, self._write_timer = Timer(self.loop), Timer(self.loop)
        self._in_head, self._in_message, self._discards_input = True, False, False
        self._overhead = 0  # bytes of the present message that are not body (heads, chunk sizes), minus its body
        self._delivered = 0  # bytes of answers that the client had taken when the write timer started

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected; its first request must arrive in time."""
        self._lingering = LingeringTransport(transport, self._should_linger)
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self._start_read_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by either side."""
        self._read_timer.stop()
        self._write_timer.stop()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """The client will send nothing more."""
        if self._discards_input and self.transport.is_closing():
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or several requests. A message with more overhead than body ends the connection."""
        self._overhead += len(data)
        if self._discards_input:
            if self._overhead > LINGER_BYTES:
                self.transport.abort()
            return
        if self._in_head:
            # Java's client offers HTTP/2 in ordinary requests, by an Upgrade header. httptools would then stop parsing
            # and lose the body. A server may ignore the offer (RFC 9110, 7.8), so it is hidden from the parser.
            data = _UPGRADE.sub(b"X-Asked", data)
        super().data_received(data)
        if self._overhead <= MAX_HEAD_BYTES or self._discards_input or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(431, "head_too_large", f"The request's headers are larger than {MAX_HEAD_BYTES} bytes.")
        else:  # endless trailers, or a body in tiny chunks
            self._abort("too_much_frame", "its request had more frame than body")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.set_started_at()
        self._in_head = self._in_message = True
        if not self._waits_for_earlier_answer():
            self._start_read_timer()

    def on_headers_complete(self) -> None:
        """The head is complete, and the application starts."""
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body. `data_received` has counted it as overhead, so it is subtracted twice."""
        self._overhead -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is here."""
        self._read_timer.stop()
        self._in_head, self._in_message, self._overhead = True, False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is sent. Requests behind it were not read meanwhile, so their time starts now."""
        self.set_queued_started_at()
        super().on_response_complete()
        if self._in_message and not self._read_timer.is_running and not self._waits_for_earlier_answer():
            self._start_read_timer()

    def pause_writing(self) -> None:
        """The write buffer is full: the client must take some of it in time."""
        super().pause_writing()
        self._start_write_timer()

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP in the form that all errors have."""
        self._refuse(400, "malformed_request", "This is not a well-formed HTTP request.")

    def _waits_for_earlier_answer(self) -> bool:
        """Whether a request before the present message is still to be answered."""
        return self.is_answer_due if self._in_head else self.is_queued

    def _start_read_timer(self) -> None:
        self._read_timer.start(self._read_timeout_s, self._on_read_timeout)

    def _on_read_timeout(self) -> None:
        if not self._in_message:
            self.transport.close()
        elif self._in_head:
            self._refuse(408, "request_too_slow", "The request did not arrive in time.")
        else:
            self._read_timer.start(ABORT_S, self.transport.abort)

    def _start_write_timer(self) -> None:
        """Check every `read_timeout_s`, until the write buffer is empty, that the client has taken something."""
        if not self._write_timer.is_running:
            self._delivered = self._lingering.delivered
            self._write_timer.start(self._read_timeout_s, self._check_delivery)

    def _check_delivery(self) -> None:
        if self.transport.get_write_buffer_size() == 0:
            return
        if self._lingering.delivered <= self._delivered:
            self._abort("answer_not_taken", "its client did not take its answer")
        else:
            self._start_write_timer()

    def _abort(self, code: str, reason: str) -> None:
        logger.warning("a connection was cut: %s", reason)
        self._on_refusal(code)
        self.transport.abort()

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer without the application what it cannot answer, and close the connection."""
        request_id = uuid.uuid4().hex
        logger.info("%s refused before it was a request: %s", request_id, code)
        self._on_refusal(code)
        self._read_timer.stop()
        self._discards_input = True
        if self.is_answer_due and self._in_head:
            self.close_after_answer()  # earlier requests, which are whole, get their answers first
            return
        if self.is_answer_due and (self.is_answer_begun or self.is_queued):
            self.transport.abort()  # this answer would land inside another one
            return
        if self.is_answer_due:
            self.report_disconnect()
        body = orjson.dumps({"error": message, "stage": "request", "code": code, "request_id": request_id})
        headers = {"content-type": "application/json", "content-length": str(len(body)), "x-request-id": request_id}
        self.send_response(status, headers, body)

    def _should_linger(self) -> bool:
        """Whether the transport, which is about to close, should linger because the client may still be sending."""
        if self.transport.get_write_buffer_size() > 0:
            self._start_write_timer()
        if not self._in_message and not self._discards_input:
            return False
        self._discards_input, self._overhead = True, 0
        self._read_timer.start(LINGER_S, self.transport.abort)
        return True
