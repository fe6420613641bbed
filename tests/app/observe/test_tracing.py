"""Spans of a real server, collected by OpenTelemetry's SDK in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.observe.tracing import Tracing
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, UPSCALE, Likeness, eventually, serving

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PHOTO = images.png(images.gradient(16, 16))


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(
    fakes: FakeModels, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[FakeModels, Likeness]]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    with serving(fakes) as server:
        yield fakes, server


def spans_of(exporter: InMemorySpanExporter) -> tuple[ReadableSpan, dict[str, ReadableSpan]]:
    """The span of the one request, and its children by name."""
    eventually(lambda: any(span.kind is SpanKind.SERVER for span in exporter.get_finished_spans()))
    spans = exporter.get_finished_spans()
    (request,) = (span for span in spans if span.kind is SpanKind.SERVER)
    children = [span for span in spans if span is not request]
    for child in children:
        assert child.parent is not None
        assert request.context is not None
        assert child.parent.span_id == request.context.span_id
    return request, {child.name: child for child in children}


def test_a_photo_has_a_span_and_one_for_each_stage(
    traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter
) -> None:
    fakes, server = traced
    fakes.upscaler.seconds = 0.1
    before = time.time_ns()
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "7f3a", "X-API-Key": "canary"}
    headers["Content-Type"] = "image/canary"
    assert server.client.post(f"{ENHANCE}?strength=0.8765309", content=PHOTO, headers=headers).status_code == 200
    request, stages = spans_of(exporter)
    after = time.time_ns()
    assert request.name == f"POST {ENHANCE}"
    assert request.parent is not None
    assert f"{request.parent.trace_id:032x}-{request.parent.span_id:016x}" == f"{TRACE}-{PARENT}"
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": ENHANCE,
        "http.response.status_code": 200,
        "likeness.request_id": "7f3a",
    }
    assert request.status.status_code is StatusCode.UNSET
    assert stages.keys() >= {"decode", "detection", "restoration", "upscaling", "metrics", "encode", "answer"}
    times = [(span.start_time or 0, span.end_time or 0) for span in (*stages.values(), request)]
    assert all(before <= start <= end <= after for start, end in times)
    upscaling, encode = stages["upscaling"], stages["encode"]
    assert (upscaling.end_time or 0) - (upscaling.start_time or 0) >= 0.1e9
    assert (upscaling.end_time or 0) <= (encode.start_time or 0)
    assert all(span.status.status_code is StatusCode.UNSET for span in stages.values())
    spans = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "canary" not in spans
    assert "8765309" not in spans


def test_the_span_of_a_failed_photo_has_its_error(
    traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter
) -> None:
    fakes, server = traced
    fakes.restorer.trouble.error = RuntimeError("canary")
    assert server.enhance(samples.no_face()).status_code == 500
    request, stages = spans_of(exporter)
    assert request.parent is None
    for span in (request, stages["restoration"]):
        assert span.status.status_code is StatusCode.ERROR
        assert (span.attributes or {})["error.type"] == "stage_failed"
    assert stages["detection"].status.status_code is StatusCode.UNSET
    assert "upscaling" not in stages
    assert "canary" not in request.to_json()


def test_the_span_of_a_stream_that_ends_in_an_error_has_its_status(
    traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter
) -> None:
    fakes, server = traced
    fakes.restorer.trouble.error = RuntimeError("canary")
    assert server.enhance(samples.no_face(), accept="text/event-stream").status_code == 200
    request, stages = spans_of(exporter)
    assert (request.attributes or {})["http.response.status_code"] == 500
    assert (request.attributes or {})["error.type"] == "stage_failed"
    assert request.status.status_code is stages["restoration"].status.status_code is StatusCode.ERROR


def test_a_client_error_leaves_the_status_of_the_request_span_unset(
    traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter
) -> None:
    _, server = traced
    server.upscale(b"no photo")
    request, stages = spans_of(exporter)
    assert request.name == f"POST {UPSCALE}"
    assert request.status.status_code is StatusCode.UNSET
    assert (request.attributes or {})["error.type"] == "unsupported_media_type"
    assert stages["decode"].status.status_code is StatusCode.ERROR


def test_probes_and_scrapes_have_no_spans(traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter) -> None:
    _, server = traced
    for path in (LIVE, "/metrics", "/api/v1/status"):
        assert server.client.get(path).status_code == 200
    request, _ = spans_of(exporter)
    assert request.name == "GET /api/v1/status"


@pytest.mark.parametrize(
    "given",
    [
        "nonsense",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01,00-{TRACE}-{PARENT}-01",
        "0" * 5000,
    ],
)
def test_a_malformed_traceparent_is_ignored(
    traced: tuple[FakeModels, Likeness], exporter: InMemorySpanExporter, given: str
) -> None:
    _, server = traced
    assert server.client.get("/api/v1/status", headers={"traceparent": given}).status_code == 200
    request, _ = spans_of(exporter)
    assert request.parent is None


def test_spans_are_sent_before_the_server_ends(
    fakes: FakeModels, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=600_000))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    with serving(fakes) as server:
        server.enhance(samples.no_face())
        assert exporter.get_finished_spans() == ()
    assert any(span.name == f"POST {ENHANCE}" for span in exporter.get_finished_spans())
    provider.shutdown()


class Stuck(TracerProvider):
    """A provider whose collector does not answer."""

    asked = False

    def force_flush(self, timeout_millis: int | None = None) -> bool:
        self.asked = True
        time.sleep(60)
        return False


def test_a_collector_that_does_not_answer_delays_the_exit_only_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Stuck(shutdown_on_exit=False)
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    monkeypatch.setattr("app.observe.tracing.FLUSH_S", 0.1)
    start = time.monotonic()
    Tracing().flush()
    assert provider.asked
    assert time.monotonic() - start < 10


def test_without_a_provider_nothing_is_flushed() -> None:
    Tracing().flush()
