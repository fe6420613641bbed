"""Metrics, log lines and spans of jobs, as a server that keeps jobs has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry

from app.observe.job_observer import JobObserver
from app.observe.tracing import Tracing
from jobs.census import Census
from jobs.engine.engine import EngineState, WorkerState
from tests.app import samples
from tests.app.exposition import counted, scraped
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, done, keeping
from tests.app.server import STATUS, Likeness, eventually, serving
from tests.load.balancer import free_port

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exported = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    return exported


@pytest.fixture
def server(tmp_path: Path, fakes: FakeModels, exporter: InMemorySpanExporter) -> Iterator[Likeness]:
    with keeping(tmp_path / "data", fakes) as likeness:
        yield likeness


def job_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.name == "likeness.jobs" and record.msg == "job"]


def test_a_job_is_counted_and_measured(server: Likeness) -> None:
    done(server)
    found = counted(server, "likeness_job_ends_total", kind="enhance", state="succeeded", code="")
    for since in ("submitted", "begun"):
        assert found("likeness_job_seconds_count", kind="enhance", since=since) == 1
    assert 0 < found("likeness_job_seconds_sum", since="begun") <= found("likeness_job_seconds_sum", since="submitted")
    assert found.labels("likeness_job_stage_seconds_count", "stage") >= {"decode", "detection", "encode"}
    assert "queue" not in found.labels("likeness_job_stage_seconds_count", "stage")
    assert found("likeness_job_leases_lost_total") == 0
    eventually(lambda: scraped(server)("likeness_sweeps_total") == 1)
    assert found.labels("likeness_store_errors_total", "store") == {"database", "objects", "broker"}
    assert found.labels("likeness_swept_total", "what") == {"jobs", "orphans"}


def test_the_table_is_counted(server: Likeness) -> None:
    done(server)
    assert server.client.get(STATUS).json()["jobs"]["succeeded"] in (0, 1)  # it is a second old at most
    eventually(lambda: server.client.get(STATUS).json()["jobs"]["succeeded"] == 1)
    found = scraped(server)
    assert found("likeness_jobs", state="succeeded") == 1
    assert found.labels("likeness_jobs", "state") == {"queued", "running", "succeeded", "failed", "cancelled"}
    assert found.labels("likeness_jobs_oldest_waiting_seconds", "kind") == {"enhance", "upscale"}
    assert found.labels("likeness_workers", "queue") == set()  # without a broker there are none
    status = server.client.get(STATUS).json()
    assert (status["queues"], status["workers"]) == (None, None)
    assert status["sweeps"]["count"] == 1
    assert 0 <= status["sweeps"]["last_s"] < 60


def test_the_end_of_a_job_has_a_log_line_without_the_clients_words(
    server: Likeness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "likeness.jobs")
    photo = {"file": ("grandmother-canary.jpg", samples.small_face())}
    job = server.client.post(JOBS, files=photo, headers=HEADERS).json()
    eventually(lambda: bool(job_lines(caplog)))
    (line,) = job_lines(caplog)
    assert (line["job"], line["kind"], line["state"], line["attempt"]) == (job["id"], "enhance", "succeeded", 1)
    assert (line["faces"], line["trace_id"]) == (1, TRACE)
    assert 0 < line["work_ms"] <= line["duration_ms"]
    assert "code" not in line
    assert "canary" not in str(line)


def test_a_failed_job_has_its_code(
    server: Likeness, fakes: FakeModels, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "likeness.jobs")
    fakes.restorer.trouble.error = RuntimeError("canary")
    assert done(server)["state"] == "failed"
    counted(server, "likeness_job_ends_total", kind="enhance", state="failed", code="stage_failed")
    (line,) = job_lines(caplog)
    assert (line["code"], line["stage"]) == ("stage_failed", "restoration")
    eventually(lambda: any(span.name == "job" for span in exporter.get_finished_spans()))
    (span,) = (span for span in exporter.get_finished_spans() if span.name == "job")
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "stage_failed"
    assert "canary" not in span.to_json()


def test_a_job_goes_on_with_the_trace_of_its_submission(server: Likeness, exporter: InMemorySpanExporter) -> None:
    job = done(server, headers=HEADERS)
    eventually(lambda: any(span.name == "job" for span in exporter.get_finished_spans()))
    spans = {span.name: span for span in exporter.get_finished_spans()}
    submission, span = spans[f"POST {JOBS}"], spans["job"]
    assert submission.context is not None
    assert span.context is not None
    assert span.parent is not None
    assert span.parent.span_id == submission.context.span_id
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.attributes == {"likeness.job_id": job["id"], "likeness.job_kind": "enhance", "likeness.job_attempt": 1}
    stages = [
        each for each in exporter.get_finished_spans() if each.parent and each.parent.span_id == span.context.span_id
    ]
    assert {stage.name for stage in stages} >= {"decode", "detection", "restoration", "encode"}
    for stage in stages:
        assert (span.start_time or 0) <= (stage.start_time or 0) <= (stage.end_time or 0) <= (span.end_time or 0)


def test_a_server_without_jobs_has_none_of_their_metrics(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        names = {sample.name for sample in scraped(server).samples}
        status = server.client.get(STATUS).json()
    assert [name for name in names if "job" in name or "sweep" in name or "swept" in name or "store" in name] == []
    assert [status[name] for name in ("jobs", "queues", "workers", "sweeps")] == [None] * 4


def test_queues_and_workers_of_a_broker() -> None:
    registry = CollectorRegistry()
    observer = JobObserver(registry, Tracing())
    assert registry.get_sample_value("likeness_jobs", {"state": "queued"}) is None
    workers = [WorkerState("one", ("faces", "upscale"), uuid4(), 0.0), WorkerState("two", ("faces",), None, 0.0)]
    queues = {"faces": 7, "upscale": 0}
    observer.counted(Census({"queued": 7}, {"enhance": 12.5}, EngineState(queues, workers), 0.0))
    value = registry.get_sample_value
    assert value("likeness_jobs", {"state": "queued"}) == 7
    assert value("likeness_jobs_oldest_waiting_seconds", {"kind": "enhance"}) == 12.5
    assert value("likeness_jobs_oldest_waiting_seconds", {"kind": "upscale"}) == 0
    assert value("likeness_broker_queue_length", {"queue": "faces"}) == 7
    assert value("likeness_workers") == 2
    assert [value("likeness_worker_busy", {"worker": name}) for name in ("one", "two")] == [1, 0]
    observer.counted(Census({"queued": 7}, {}, EngineState(None, workers), 0.0))
    assert value("likeness_workers") is None


def test_a_broker_that_does_not_answer_is_counted(tmp_path: Path, fakes: FakeModels) -> None:
    with keeping(tmp_path / "data", fakes, broker_url=f"redis://127.0.0.1:{free_port()}/0") as server:
        eventually(lambda: scraped(server)("likeness_store_errors_total", store="broker") >= 1)
        assert server.client.get(STATUS).json()["queues"] is None
        assert server.client.post(JOBS, files={"file": samples.small_face()}).status_code == 202  # and sent later
        eventually(lambda: server.client.get(STATUS).json()["jobs"]["queued"] == 1)
        eventually(lambda: scraped(server)("likeness_jobs_oldest_waiting_seconds", kind="enhance") > 0)
        assert scraped(server)("likeness_workers") == 0
