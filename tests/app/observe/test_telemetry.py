"""The metrics of a server: counters and histograms of photos, and gauges."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.application import create_app
from app.settings import Settings
from tests import images
from tests.app import samples
from tests.app.exposition import Metrics, counted, scraped
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, READY, Likeness, eventually, serving

REQUESTS = "likeness_requests_total"
REFUSALS = "likeness_refusals_total"
LARGE = images.png(images.gradient(200, 150))


def test_a_photo_is_counted(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.enhance(samples.no_face()).status_code == 200  # 64 × 48; the detector sees a face in everything
        found = counted(server, REQUESTS, route=ENHANCE, method="POST", status="200")
    assert found("likeness_request_seconds_count", route=ENHANCE) == 1
    assert 0 < found("likeness_request_seconds_sum", route=ENHANCE) < 60
    assert found("likeness_queue_wait_seconds_count") == 1
    assert found("likeness_faces_total", action="restored") == 1
    assert found("likeness_pixels_total", direction="in") == 64 * 48
    assert found("likeness_pixels_total", direction="out") == 128 * 96
    assert found(REFUSALS) == found("likeness_out_of_memory_total") == 0
    stages = found.labels("likeness_stage_seconds_count", "stage")
    assert stages >= {"decode", "detection", "restoration", "upscaling", "blending", "metrics", "encode", "answer"}
    assert "queue" not in stages
    assert all(found("likeness_stage_seconds_count", stage=stage) == 1 for stage in stages)


def test_the_seconds_of_a_stage_are_measured(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.02
        server.upscale(images.png(images.gradient(16, 16)), metrics=False)
        found = counted(server, "likeness_stage_seconds_count", stage="upscaling")
    assert found("likeness_stage_seconds_sum", stage="upscaling") >= 0.02
    assert found("likeness_stage_seconds_bucket", stage="upscaling", le="0.01") == 0


def test_the_stages_of_a_failed_photo_are_counted(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.restorer.trouble.error = RuntimeError("upset")
        assert server.enhance(LARGE).status_code == 500
        found = counted(server, REFUSALS, code="stage_failed")
    assert found(REQUESTS, status="500") == 1
    assert found("likeness_stage_seconds_count", stage="restoration") == 1
    assert found("likeness_stage_seconds_count", stage="upscaling") == 0
    assert found("likeness_faces_total") == found("likeness_pixels_total") == 0


def test_the_running_stage_of_an_abandoned_photo_is_counted(fakes: FakeModels) -> None:
    with serving(fakes, deadline_s=0.5) as server:
        fakes.detector.gate.clear()
        assert server.enhance(LARGE).status_code == 504
        found = counted(server, REFUSALS, code="deadline_exceeded")
        fakes.detector.gate.set()
    assert found("likeness_stage_seconds_sum", stage="detection") >= 0.3


def test_out_of_memory_is_counted_by_outcome(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.batch_size, fakes.upscaler.room = 8, 16 * 16
        assert server.enhance(LARGE).status_code == 200
        found = counted(server, "likeness_out_of_memory_total", outcome="recovered")
        assert found("likeness_out_of_memory_total", outcome="refused") == 0
        fakes.restorer.trouble.error = MemoryError()
        assert server.enhance(LARGE).status_code == 503
        found = counted(server, "likeness_out_of_memory_total", outcome="refused")
        assert found("likeness_out_of_memory_total", outcome="recovered") == 1


def test_slots_and_queue_are_gauges(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=3) as server, ThreadPoolExecutor(4) as clients:
        found = scraped(server)
        assert (found("likeness_slots"), found("likeness_queue_size")) == (1, 3)
        assert (found("likeness_slots_in_use"), found("likeness_queue_length")) == (0, 0)
        fakes.detector.gate.clear()
        answers = [clients.submit(server.enhance, samples.no_face()) for _ in range(4)]
        eventually(lambda: scraped(server)("likeness_queue_length") == 3)
        eventually(
            lambda: scraped(server)("likeness_slots_in_use") == 1
        )  # three may wait before the first gets its slot
        found = scraped(server)
        assert found("likeness_ready") == 1
        assert server.enhance(samples.no_face()).status_code == 503
        counted(server, REFUSALS, code="overloaded")
        time.sleep(0.2)
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in answers] == [200] * 4
        found = counted(server, "likeness_queue_wait_seconds_count", 4)
        assert found("likeness_queue_wait_seconds_sum") >= 0.6
        assert (found("likeness_slots_in_use"), found("likeness_queue_length")) == (0, 0)


def test_a_server_that_is_not_ready_has_gauge_0(fakes: FakeModels) -> None:
    def fail() -> None:
        raise RuntimeError("no such device")

    with serving(fail, until=None) as server:  # type: ignore[arg-type]
        eventually(lambda: server.client.get(READY).json()["status"] == "failed")
        found = scraped(server)
    assert found("likeness_ready") == 0
    assert found.labels("likeness_model_info", "name") == set()
    assert found(REQUESTS, route=READY, status="503") > 0


def test_models_build_and_process_are_described(likeness: Likeness) -> None:
    found = scraped(likeness)
    assert found("likeness_model_info", role="restorer", name="portrait-face") == 1
    build = next(sample.labels for sample in found.samples if sample.name == "likeness_build_info")
    assert build.keys() == {"version", "python", "torch", "device"}
    assert build["device"] == "cpu"
    assert found("process_resident_memory_bytes") > 2**26


def test_paths_made_up_by_clients_are_no_labels(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        for made_up in ("/made-up", "/api/v1/made-up", "/docs/static/made-up", "/api/v1/status/made-up"):
            assert server.client.get(made_up).status_code == 404
        server.client.request("PROPFIND", "/api/v1/status")
        server.client.put(ENHANCE)
        server.client.get("/docs?made-up")
        found = counted(server, REQUESTS, status="404", value=4)
        assert "made-up" not in server.client.get("/metrics").text
    assert found.labels(REQUESTS, "route") == {
        "unmatched",
        "mounted",
        "/api/v1/status",
        ENHANCE,
        "/docs",
        READY,
        "/metrics",
    }
    assert found.labels(REQUESTS, "method") == {"GET", "PUT", "other"}


def test_a_request_refused_before_its_route_has_the_label_of_the_route(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.client.post(ENHANCE, content=b"bare").status_code == 415
        counted(server, REQUESTS, route=ENHANCE, status="415")
        counted(server, REFUSALS, code="unsupported_media_type")


def test_a_blocked_event_loop_shows_in_its_lag(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(fakes) as server:
        eventually(lambda: scraped(server)("likeness_event_loop_lag_seconds_count") >= 3)
        monkeypatch.setattr(
            "app.http.routes.photos.answer_type", lambda *_, **__: time.sleep(1) or "image/png"
        )  # in the event loop
        server.enhance(samples.no_face())
        found = scraped(server)
    late = found("likeness_event_loop_lag_seconds_count") - found("likeness_event_loop_lag_seconds_bucket", le="0.5")
    assert late >= 1


def test_applications_share_no_metrics() -> None:
    first, second = (create_app(Settings(models="embedded", device="cpu")).state.telemetry for _ in range(2))
    assert first.registry is not second.registry
    assert Metrics(first.exposition().decode())("likeness_queue_size") == 8
