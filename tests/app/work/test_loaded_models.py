"""The state of the models (loading, ready, failed) in liveness, readiness and health."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from app.application import create_app
from app.settings import Settings
from pipeline.errors import ModelUnavailable
from pipeline.models.roles import Models
from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, READY, Likeness, eventually, serving

HEALTH = "/api/v1/health"
WARMUP = "/api/v1/models/warmup"
PHOTO = images.png(images.gradient())


def assert_not_ready(response: httpx.Response) -> str:
    assert response.status_code == 503
    assert (response.json()["code"], response.json()["stage"]) == ("not_ready", "startup")
    assert int(response.headers["retry-after"]) > 0
    sentence: str = response.json()["error"]
    return sentence


def test_a_ready_server_is_live_ready_and_healthy(likeness: Likeness) -> None:
    live, ready, health = (likeness.client.get(path) for path in (LIVE, READY, HEALTH))
    assert (live.status_code, live.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "detail": None})
    assert health.status_code == 200
    assert set(health.json()) == {"status", "version", "ready", "models", "device", "uptime_s"}
    assert health.json()["status"] == "healthy"
    assert health.json()["ready"] == ready.json()
    assert health.json()["models"]["restorer"] == "portrait-face"
    assert health.json()["device"]["device"] == "cpu"
    assert health.json()["uptime_s"] >= 0


@pytest.mark.parametrize("path", [LIVE, READY, HEALTH])
def test_probes_answer_head_without_a_body(likeness: Likeness, path: str) -> None:
    response = likeness.client.head(path)
    assert (response.status_code, response.content) == (200, b"")


def test_the_server_is_live_but_not_ready_while_models_load(fakes: FakeModels) -> None:
    loaded = threading.Event()

    def load_slowly() -> Models:
        assert loaded.wait(60)
        return fakes()

    with serving(load_slowly, until=LIVE) as server:
        try:
            ready = server.client.get(READY)
            assert (ready.status_code, ready.json()) == (503, {"status": "loading", "detail": None})
            assert int(ready.headers["retry-after"]) > 0
            health = server.client.get(HEALTH)
            assert (health.status_code, health.json()["status"]) == (503, "starting")
            assert health.json()["models"] == {}
            assert server.status()["ready"] is False
            for response in (server.enhance(PHOTO), server.upscale(PHOTO), server.client.post(WARMUP)):
                assert_not_ready(response)
            assert server.client.get("/api/v1/config").json()["models"] == {}
        finally:
            loaded.set()
        eventually(lambda: server.client.get(READY).status_code == 200)
        assert server.enhance(PHOTO).status_code == 200
        assert server.status()["ready"] is True


def test_readiness_waits_for_the_warm_up(fakes: FakeModels) -> None:
    fakes.detector.gate.clear()
    with serving(fakes, until=LIVE) as server:
        eventually(lambda: fakes.detector.calls == 1)
        assert server.client.get(READY).status_code == 503
        fakes.detector.gate.set()
        eventually(lambda: server.client.get(READY).status_code == 200)


def fails_to_load() -> Models:
    raise ModelUnavailable("compact-face: the file is not what it claims to be.", stage="models")


def test_models_that_cannot_be_loaded_end_liveness(fakes: FakeModels) -> None:
    with serving(fails_to_load, until=None) as server:
        eventually(lambda: server.client.get(LIVE).status_code == 503)
        assert server.client.get(LIVE).json() == {"status": "failed"}
        ready = server.client.get(READY)
        assert ready.status_code == 503
        assert ready.json() == {"status": "failed", "detail": "compact-face: the file is not what it claims to be."}
        health = server.client.get(HEALTH)
        assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
        for response in (server.enhance(PHOTO), server.client.post(WARMUP)):
            assert "not what it claims to be" in assert_not_ready(response)
        assert server.client.get("/docs").status_code == 200


def test_models_that_do_not_run_end_liveness(fakes: FakeModels) -> None:
    fakes.restorer.trouble.error = RuntimeError("no kernel for this device")
    with serving(fakes, until=None) as server:
        eventually(lambda: server.client.get(LIVE).status_code == 503)
        assert "fake-restorer does not run" in server.client.get(READY).json()["detail"]
        assert_not_ready(server.enhance(PHOTO))


def test_low_memory_in_the_warm_up_is_logged(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    fakes.upscaler.tile, fakes.upscaler.room = 256, 100**2
    with serving(fakes):
        assert "warm-up: Memory ran low" in caplog.text


def test_official_models_that_are_missing_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        create_app(Settings(models="official", weights_dir=tmp_path))
    assert "restorer" in caught.value.message or str(tmp_path) in caught.value.message


def test_the_replacement_of_a_refused_model_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "GFPGANv1.4.pth").touch()
    create_app(Settings(licences="commercial", weights_dir=tmp_path))
    assert "refuses gfpgan-v1.4" in caplog.text
    assert "portrait-face will do as restorer" in caplog.text


def test_a_missing_device_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelUnavailable, match="cuda"):
        create_app(Settings(models="embedded", device="cuda"))
