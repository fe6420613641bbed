"""Traces: the W3C `traceparent` of a request, and OpenTelemetry spans for it and for each stage of its photo or job.

Spans are no-ops until OpenTelemetry's SDK is configured, for example by `opentelemetry-instrument`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from app.observe.request_record import RequestRecord
from app.version import VERSION
from pipeline.errors import Cancelled
from pipeline.run import Run

FLUSH_S = 3.0  # the longest that an unreachable collector may delay the shutdown


class Tracing:
    """Makes spans with the tracer provider that is configured for the process, if any."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("likeness", VERSION)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, scope: Scope, quiet: frozenset[str]) -> Iterator[Span]:
        """The span of a request while it is handled, a child of its `traceparent`; none for the `quiet` paths."""
        headers = Headers(scope=scope)
        given = {name: ",".join(headers.getlist(name)) for name in ("traceparent", "tracestate")}
        parent = self._propagator.extract({name: value for name, value in given.items() if value})
        if scope["path"] in quiet:
            yield trace.get_current_span(parent)
            return
        span = self._tracer.start_span("request", parent, SpanKind.SERVER)
        try:
            # Error messages stay out of traces, which others store. The log has them under the same id.
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        finally:
            span.end()

    def describe(self, span: Span, record: RequestRecord, request_id: str) -> None:
        """Describe the request in `span`, with a child span for each stage at the time when it ran."""
        if not span.is_recording():
            return
        span.update_name(f"{record.method} {record.route}")
        span.set_attribute("http.request.method", record.method)
        span.set_attribute("http.route", record.route)
        span.set_attribute("http.response.status_code", record.status)
        span.set_attribute("likeness.request_id", request_id)
        if record.code is not None:
            span.set_attribute("error.type", record.code)
        if record.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        if record.run is not None:
            self._stages(span, record.run)

    def job(self, traceparent: str | None, run: Run, began_ns: int, code: str | None, about: dict[str, Any]) -> None:
        """The span of an attempt at a job that is over, a child of its submission, with one for each stage.

        `began_ns`: nanoseconds since 1970; `code`: of the error that ended it; `about`: the attributes of the span.
        """
        parent = self._propagator.extract({} if traceparent is None else {"traceparent": traceparent}, Context())
        span = self._tracer.start_span("job", parent, SpanKind.CONSUMER, start_time=began_ns, attributes=about)
        if span.is_recording():
            if code is not None:
                span.set_attribute("error.type", code)
            if code not in (None, Cancelled.code):
                span.set_status(Status(StatusCode.ERROR))
            self._stages(span, run)
        span.end()

    def _stages(self, span: Span, run: Run) -> None:
        for stage in run.stages:
            child = self._tracer.start_span(stage.name, trace.set_span_in_context(span), start_time=stage.start_ns)
            if stage.error is not None:
                child.set_attribute("error.type", stage.error)
                child.set_status(Status(StatusCode.ERROR))
            child.end(stage.end_ns)

    def flush(self) -> None:
        """Export the remaining spans in at most `FLUSH_S` seconds: SIGTERM ends a process before the SDK does it."""
        flush = getattr(trace.get_tracer_provider(), "force_flush", None)  # the SDK's has it
        if flush is not None:
            # An exporter that retries takes longer than its timeout. Python does not wait for daemon threads.
            sending = threading.Thread(target=flush, name="flush", daemon=True)
            sending.start()
            sending.join(FLUSH_S)


def traceparent() -> str | None:
    """The present span as W3C writes it in `traceparent`, for work that is done later; None if there is no trace."""
    written: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(written)
    return written.get("traceparent")


def trace_id_of(traceparent: str | None) -> str | None:
    """The id of the trace in a `traceparent`; None where there is none."""
    if traceparent is None:
        return None
    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
    return trace_ids(trace.get_current_span(context)).get("trace_id")


def trace_ids(span: Span) -> dict[str, str]:
    """`trace_id` and `span_id` in W3C notation; empty if there is no trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id)}
