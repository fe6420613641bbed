"""The HTTP protocol with limits that uvicorn lacks: for large heads, for slow clients, and for closing a connection."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from app.connection.delivery import Delivery, Fault
from app.connection.framing import MAX_HEAD_BYTES, Framing
from app.connection.refusal import Refusal
from app.connection.timer import Timer
from app.connection.transport import LingeringTransport
from app.connection.upgrade import HiddenUpgrade
from app.connection.uvicorn_protocol import UvicornProtocol

logger = logging.getLogger("likeness")

LINGER_S = 5.0  # how long a closing connection still reads what its client sends
LINGER_BYTES = 16 * 2**20  # how much of it
ABORT_S = 1.0  # how long the application may take to answer a late body, before the connection is aborted
CHECKS = 4  # within a read timeout, of what a client has taken of its answer

_FAULTS: dict[Fault, str] = {
    "answer_not_taken": "its client did not take its answer",
    "answer_too_slow": "its client took its answer too slowly",
}


class GuardedProtocol(UvicornProtocol):
    """One connection. A whole request must arrive within `read_timeout_s`. A client that is sent an answer must take
    some of it within each such time, and after the first one `min_answer_rate` bytes a second in the mean.

    `on_refusal` gets the code of each request that is refused, and of each connection that is aborted, here. A late
    body is first refused by the application, by `scope["started_at"]`, so that the client gets a proper answer. The
    application ends an answer that must make way for others by `scope["cut"]`, and `scope["delivered"]` tells it how
    many bytes the client has taken on this connection. It gives a large body another time by `scope["read_within"]`.
    Where the client offers another protocol, `scope["upgrade"]` names it, and `scope["switch"]` changes to it.
    """

    def __init__(
        self,
        *args: Any,
        read_timeout_s: float,
        min_answer_rate: float,
        on_refusal: Callable[[str], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._read_timeout_s, self._min_answer_rate, self._on_refusal = read_timeout_s, min_answer_rate, on_refusal
        self._read_timer, self._write_timer = Timer(self.loop), Timer(self.loop)
        self._framing, self._upgrade = Framing(), HiddenUpgrade()
        self._on_data: Callable[[bytes], None] | None = None  # gets what arrives once HTTP has ended here
        self._in_message, self._discards_input = False, False
        self._discarded = 0  # bytes
        self._refusal: Refusal | None = None  # to be sent once the requests before it are answered
        self._delivery: Delivery | None = None  # while the client keeps the server waiting

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
        """Bytes of one or several requests. A head that is too large, and a body with more frame than body, end the
        connection.
        """
        if self._discards_input:
            self._discarded += len(data)
            if self._discarded > LINGER_BYTES:
                self.transport.abort()
            return
        if self._on_data is not None:
            self._on_data(data)
            return
        start = 0
        while start < len(data) and not self._discards_input and not self.transport.is_closing():
            was_in_head, part = self._framing.in_head, self._framing.part(data, start)
            start += len(part)
            if was_in_head:
                part = self._upgrade.hide(part, self._framing.at_blank_line)
            super().data_received(part)
            if self._framing.is_full and not self._discards_input:
                self._refuse_overhead()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.set_in_scope("started_at", time.monotonic())
        self.set_in_scope("cut", self._abort)
        self.set_in_scope("delivered", lambda: self._lingering.delivered)
        self.set_in_scope("read_within", self._read_within)
        self._in_message = True
        if not self._waits_for_earlier_answer():
            self._start_read_timer()

    def on_headers_complete(self) -> None:
        """The head is complete, and the application starts."""
        self._framing.head_complete(self.content_length)
        offered = self._upgrade.offered(self.headers)
        if offered is not None:
            self.set_in_scope("upgrade", offered)
            self.set_in_scope("switch", self._switch)
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Trailers are read and dropped: they must not pass for headers, which the application has seen."""
        if self._framing.in_head:
            super().on_header(name, value)
        else:
            self._framing.trailer()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._framing.body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is here."""
        self._read_timer.stop()
        self._framing.message_complete()
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is sent. Requests behind it were not read meanwhile, so their time starts now."""
        self.set_queued_started_at()
        super().on_response_complete()
        if self._refusal is not None and not self.is_answer_due:
            self._send_refusal(self._refusal)
        elif self._in_message and not self._read_timer.is_running and not self._waits_for_earlier_answer():
            self._start_read_timer()

    def pause_writing(self) -> None:
        """The write buffer is full: the client must take some of it in time."""
        super().pause_writing()
        self._start_write_timer()

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP in the form that all errors have."""
        self._refuse(400, "malformed_request", "This is not a well-formed HTTP request.")

    def _switch(self, on_data: Callable[[bytes], None]) -> Callable[[], None] | None:
        """HTTP ends with the answer that is about to begin: its body is what the application sends, as it is, and
        `on_data` gets all that the client sends. Returns what the application must call before it ends that body. None:
        the client has sent more already, which is HTTP.
        """
        if self._in_message or self.is_queued or self._discards_input:
            return None
        self._on_data = on_data
        self.begin_raw_answer()
        return self.end_raw_answer

    def _waits_for_earlier_answer(self) -> bool:
        """Whether a request before the present message is still to be answered."""
        return self.is_answer_due if self._framing.in_head else self.is_queued

    def _start_read_timer(self) -> None:
        self._read_timer.start(self._read_timeout_s, self._on_read_timeout)

    def _read_within(self, seconds: float) -> None:
        """The body that is arriving has so many seconds from now."""
        if self._in_message and not self._framing.in_head:
            self._read_timer.start(seconds, self._on_read_timeout)

    def _on_read_timeout(self) -> None:
        if not self._in_message:
            self.transport.close()
        elif self._framing.in_head:
            self._refuse(408, "request_too_slow", "The request did not arrive in time.")
        else:
            self._read_timer.start(ABORT_S, self.transport.abort)

    def _start_write_timer(self) -> None:
        """Check, until the client no longer keeps the server waiting, that it takes its answer fast enough."""
        if self._delivery is None:
            taken, now = self._lingering.delivered, self.loop.time()
            self._delivery = Delivery(taken, now, patience_s=self._read_timeout_s, min_rate=self._min_answer_rate)
            self._write_timer.start(self._read_timeout_s / CHECKS, self._check_delivery)

    def _check_delivery(self) -> None:
        if self._delivery is None or self._has_taken_all():
            self._delivery = None
            return
        fault = self._delivery.fault(self._lingering.delivered, self.loop.time())
        if fault is None:
            self._write_timer.start(self._read_timeout_s / CHECKS, self._check_delivery)
        else:
            self._abort(fault, _FAULTS[fault])

    def _has_taken_all(self) -> bool:
        """Whether nothing waits for the client: it has taken everything so far, or the local system holds the rest."""
        if self._lingering.delivered >= self._lingering.written:
            return True
        is_sending = self.is_queued or (self.is_answer_due and self.is_answer_begun)
        return not is_sending and self.transport.get_write_buffer_size() == 0

    def _abort(self, code: str, reason: str) -> None:
        logger.warning("a connection was cut: %s", reason)
        self._on_refusal(code)
        self._lingering.reset()

    def _refuse_overhead(self) -> None:
        if self._framing.in_head:
            message = f"The request's address and headers are larger than {MAX_HEAD_BYTES} bytes."
            self._refuse(431, "head_too_large", message)
        else:  # endless trailers or chunk extensions, or a body in tiny chunks
            self._abort("too_much_frame", "its request had more frame than body")

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer without the application what it cannot answer, and close the connection."""
        refusal = Refusal(status, code, message)
        logger.info("%s refused before it was a request: %s", refusal.request_id, code)
        self._on_refusal(code)
        self._read_timer.stop()
        self._discards_input = True
        if self.is_answer_due and self._framing.in_head:
            self._refusal = refusal  # earlier requests, which are whole, get their answers first
            return
        if self.is_answer_due and (self.is_answer_begun or self.is_queued):
            self.transport.abort()  # this answer would land inside another one
            return
        if self.is_answer_due:
            self.report_disconnect()
        self._send_refusal(refusal)

    def _send_refusal(self, refusal: Refusal) -> None:
        self.send_response(refusal.status, refusal.headers, refusal.body)

    def _should_linger(self) -> bool:
        """Whether the transport, which is about to close, should linger because the client may still be sending."""
        if self.transport.get_write_buffer_size() > 0:
            self._start_write_timer()
        if not self._in_message and not self._discards_input:
            return False
        self._discards_input, self._discarded = True, 0
        self._read_timer.start(LINGER_S, self.transport.abort)
        return True
