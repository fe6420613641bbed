"""Counts, logs and traces every request once, however it ends."""

import asyncio
import time
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from app.http.middleware.base import HTTPMiddleware
from app.observe.request_log import log_request
from app.observe.request_record import CLIENT_CLOSED_REQUEST, record_of
from app.observe.telemetry import Telemetry
from app.observe.tracing import Tracing, trace_ids
from app.work.errors import ShuttingDown
from pipeline.errors import Cancelled

WEBSITE = "website"  # the route under which all files of the browser app are counted
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


@dataclass(frozen=True)
class ObservationMiddleware(HTTPMiddleware):
    """Gives each request a `RequestRecord`, which the inner parts fill, and its log lines their ids."""

    telemetry: Telemetry
    tracing: Tracing
    routes: frozenset[str]  # the paths of the application
    files: frozenset[str] = frozenset()  # the paths of the browser app, which are counted as one route
    quiet: frozenset[str] = frozenset()  # paths that are logged at the level DEBUG and not traced

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        start = time.perf_counter()
        record = record_of(scope)
        request_id = str(scope.get("request_id", "-"))
        wire = _Wire(receive, send)
        traced = self.tracing.request(scope, self.quiet)
        with traced as span, bound_contextvars(request_id=request_id, **trace_ids(span)):
            try:
                await self.app(scope, wire.receive, wire.send)
            except BaseException as error:
                if wire.status is None and not wire.client_gone:
                    stopping = isinstance(error, asyncio.CancelledError)  # uvicorn cancels when its grace period ends
                    record.code = record.code or (ShuttingDown.code if stopping else "internal_error")
                    wire.status = 503 if stopping else 500
                raise
            finally:
                record.method = scope["method"] if scope["method"] in METHODS else "other"
                record.route = self._route(scope)
                unanswered = CLIENT_CLOSED_REQUEST if wire.client_gone else 500
                record.status = record.stream_status or wire.status or unanswered
                record.code = Cancelled.code if record.status == CLIENT_CLOSED_REQUEST else record.code
                record.seconds = time.perf_counter() - start
                record.bytes_in, record.bytes_out = wire.bytes_in, wire.bytes_out
                self.telemetry.observe(record)
                log_request(record, self.quiet)
                self.tracing.describe(span, record, request_id)

    def _route(self, scope: Scope) -> str:
        """The route's template, also of a request that middleware refused. No client's own path becomes a label."""
        path: str = scope["path"]
        if path in self.routes:
            return path
        if path in self.files:
            return WEBSITE
        template = getattr(scope.get("route"), "path", None)
        if isinstance(template, str):
            return template
        return "mounted" if "endpoint" in scope else "unmatched"


@dataclass
class _Wire:
    """Counts the bytes of a request and its answer, and notes the status and whether the client disconnected."""

    receive_message: Receive
    send_message: Send
    bytes_in: int = 0
    bytes_out: int = 0
    status: int | None = None  # None until the answer begins
    client_gone: bool = False  # before the answer began

    async def receive(self) -> Message:
        message = await self.receive_message()
        if message["type"] == "http.request":
            self.bytes_in += len(message.get("body", b""))
        elif self.status is None:
            self.client_gone = True
        return message

    async def send(self, message: Message) -> None:
        try:
            await self.send_message(message)
        except OSError:  # ASGI servers may raise it once the client has disconnected
            self.client_gone = self.status is None
            raise
        if message["type"] == "http.response.start":
            self.status = CLIENT_CLOSED_REQUEST if self.client_gone else message["status"]
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
