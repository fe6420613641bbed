"""Traces: the W3C `traceparent` of a request, and OpenTelemetry spans for it and for each stage of its photo.

Spans cost nothing and go nowhere until somebody configures OpenTelemetry's SDK, as `opentelemetry-instrument` does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from app.observe.request_record import Exchange
from app.version import VERSION

FLUSH_S = 3.0  # that a collector which does not answer may hold up the shutdown


class Tracing:
    """Makes spans for whatever provider is configured for the process, if any."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("likeness", VERSION)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, scope: Scope, quiet: frozenset[str]) -> Iterator[Span]:
        """The span of a request while it is handled, a child of its `traceparent`.

        Without OpenTelemetry, and for the `quiet` paths, it only carries the ids of that.
        """
        headers = Headers(scope=scope)
        given = {name: ",".join(headers.getlist(name)) for name in ("traceparent", "tracestate")}
        parent = self._propagator.extract({name: value for name, value in given.items() if value})
        if scope["path"] in quiet:
            yield trace.get_current_span(parent)
            return
        span = self._tracer.start_span("request", parent, SpanKind.SERVER)
        try:
            # What an error says is not for others to keep: the log has it, under the same id.
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        finally:
            span.end()

    def describe(self, span: Span, exchange: Exchange, request_id: str) -> None:
        """Say in `span` what the request came to, and make a child of it for each stage, at its true time."""
        if not span.is_recording():
            return
        span.update_name(f"{exchange.method} {exchange.route}")
        attributes: dict[str, Any] = {
            "http.request.method": exchange.method,
            "http.route": exchange.route,
            "http.response.status_code": exchange.status,
            "likeness.request_id": request_id,
        }
        span.set_attributes(attributes)
        if exchange.code is not None:
            span.set_attribute("error.type", exchange.code)
        if exchange.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        for stage in () if exchange.run is None else exchange.run.stages:
            child = self._tracer.start_span(stage.name, trace.set_span_in_context(span), start_time=stage.start_ns)
            if stage.error is not None:
                child.set_attribute("error.type", stage.error)
                child.set_status(Status(StatusCode.ERROR))
            child.end(stage.end_ns)

    def flush(self) -> None:
        """Send what has not been sent yet; for some seconds at the most.

        At exit, when the SDK would do so itself, is too late: a process that ends by SIGTERM does not get there.
        """
        flush = getattr(trace.get_tracer_provider(), "force_flush", None)  # the SDK's has it
        if flush is not None:
            # An exporter that tries again takes longer than it is told to. Nobody waits for a daemon.
            sending = threading.Thread(target=flush, name="flush", daemon=True)
            sending.start()
            sending.join(FLUSH_S)


def trace_ids(span: Span) -> dict[str, str]:
    """`trace_id` and `span_id` as W3C writes them; nothing if there is no trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id)}
