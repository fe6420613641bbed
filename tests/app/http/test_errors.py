"""Errors of models, device and code: each is answered with its stage, and the next photo is processed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from operator import attrgetter

import pytest

from app.http.errors import status_of
from pipeline import errors as domain
from pipeline.errors import DeviceFailed, DeviceOutOfMemory
from tests import images
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels, Trouble
from tests.app.server import ENHANCE, LIVE, READY, Likeness, eventually, serving

PHOTO = images.png(images.gradient())
LARGE = images.png(images.gradient(200, 150))


@pytest.fixture(scope="module")
def server_with_fakes() -> Iterator[tuple[FakeModels, Likeness]]:
    """Fake models, and the server that uses them in every test of this module."""
    fakes = FakeModels()
    with serving(fakes) as server:
        yield fakes, server


@pytest.mark.parametrize(
    ("role", "stage"),
    [
        ("detector", "detection"),
        ("restorer", "restoration"),
        ("recogniser", "identity"),
        ("upscaler", "upscaling"),
        ("parser", "blending"),
    ],
)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (partial(RuntimeError, "the network is upset about /etc/secret"), 500, "stage_failed"),
        (MemoryError, 503, "out_of_memory"),
        (
            partial(DeviceOutOfMemory, "The device has not enough memory for this photo right now."),
            503,
            "out_of_memory",
        ),
    ],
    ids=["failure", "host memory", "device memory"],
)
def test_a_failing_model_is_answered_with_its_stage(
    server_with_fakes: tuple[FakeModels, Likeness],
    role: str,
    stage: str,
    error: Callable[[], BaseException],
    status: int,
    code: str,
) -> None:
    fakes, server = server_with_fakes
    trouble: Trouble = attrgetter(f"{role}.trouble")(fakes)
    trouble.error = error()
    response = server.enhance(PHOTO)
    trouble.error = None
    assert response.status_code == status
    assert (response.json()["stage"], response.json()["code"]) == (stage, code)
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert ("retry-after" in response.headers) == (status == 503)
    assert "secret" not in response.text
    assert server.enhance(PHOTO).status_code == 200
    assert server.status()["queue_length"] == server.status()["slots_in_use"] == 0


def answer_of(server: Likeness) -> tuple[bytes, list[str]]:
    """The picture and the codes of the warnings."""
    data = server.data(LARGE)
    return data["restored_image"], [warning["code"] for warning in data["warnings"]]


@pytest.mark.parametrize(
    ("batch_size", "room"), [(8, 5 * 16 * 16), (8, 16 * 16), (1, 16 * 16)], ids=["half", "one", "enough"]
)
def test_tiles_that_do_not_fit_at_once_are_upscaled_in_smaller_batches(
    fakes: FakeModels, batch_size: int, room: int
) -> None:
    with serving(fakes) as server:
        expected = answer_of(server)
        fakes.upscaler.batch_size, fakes.upscaler.room = batch_size, room
        warned = ["device_memory_low"] if batch_size > 1 else []
        assert answer_of(server) == (expected[0], [*expected[1], *warned])
        fakes.upscaler.room = math.inf
        assert answer_of(server) == expected


def test_a_tile_that_does_not_fit_is_divided(fakes: FakeModels) -> None:
    """Tiles are divided until the smallest ones do not fit either; then the photo is refused."""
    with serving(fakes) as server:
        expected = answer_of(server)
        fakes.upscaler.tile, fakes.upscaler.room = 256, 64 * 64
        assert answer_of(server) == (expected[0], [*expected[1], "device_memory_low"])
        fakes.upscaler.room = 64 * 64 - 1
        response = server.enhance(LARGE)
        assert response.status_code == 503
        assert (response.json()["stage"], response.json()["code"]) == ("upscaling", "out_of_memory")
        fakes.upscaler.room = math.inf
        assert answer_of(server) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_restorer_that_returns_nan_or_infinity_fails(fakes: FakeModels, value: float) -> None:
    with serving(fakes) as server:
        fakes.restorer.paint = value
        response = server.enhance(PHOTO)
    assert response.status_code == 500
    assert (response.json()["stage"], response.json()["code"]) == ("restoration", "stage_failed")


@pytest.mark.parametrize(("error", "status"), [(MemoryError(), 503), (ValueError(), 500)])
def test_an_error_while_the_answer_is_written_is_answered_with_its_stage(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    with serving(fakes) as server:
        with monkeypatch.context() as patch:
            patch.setattr("app.http.document.orjson.dumps", lambda _: _raise(error))
            response = server.enhance(PHOTO)
        assert response.status_code == status
        assert response.json()["stage"] == "answer"
        assert server.enhance(PHOTO).status_code == 200


def test_an_unexpected_exception_is_answered_without_its_message(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(fakes) as server:
        with monkeypatch.context() as patch:
            patch.setattr("app.http.routes.photos.answer_type", lambda *_: _raise(KeyError("secret")))
            response = server.client.post(
                "/api/v1/enhance", files={"file": PHOTO}, headers={"X-Request-ID": "find-me-in-the-log"}
            )
        assert response.status_code == 500
        body = response.json()
        assert (body["code"], body["stage"]) == ("internal_error", "server")
        assert body["request_id"] == response.headers["x-request-id"] == "find-me-in-the-log"
        assert "secret" not in response.text
        assert response.headers["connection"] == "close"  # uvicorn closes the connection after this
        assert server.enhance(PHOTO).status_code == 200


def test_a_broken_device_ends_liveness_and_readiness(fakes: FakeModels) -> None:
    """The process cannot process photos any more, so an orchestrator should restart it."""
    with serving(fakes) as server:
        fakes.upscaler.trouble.error = DeviceFailed("The device computes nothing any more.")
        response = server.enhance(PHOTO)
        assert response.status_code == 503
        assert (response.json()["code"], response.json()["stage"]) == ("device_failed", "upscaling")
        assert server.client.get(LIVE).status_code == 503
        ready = server.client.get(READY)
        assert (ready.status_code, ready.json()["status"]) == (503, "failed")
        fakes.upscaler.trouble.error = None
        assert server.enhance(PHOTO).json()["code"] == "not_ready"


def test_a_device_that_fails_in_the_warm_up_ends_liveness(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.trouble.error = DeviceFailed("The device computes nothing any more.")
        assert server.client.post("/api/v1/models/warmup").status_code == 503
        assert server.client.get(LIVE).status_code == 503


def test_a_device_that_fails_after_its_client_left_ends_liveness(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        fakes.detector.trouble.error = DeviceFailed("The device computes nothing any more.")
        with closing(server.start(ENHANCE, PHOTO)):
            eventually(lambda: server.status()["slots_in_use"] == 1)
        eventually(lambda: scraped(server)("likeness_requests_total", route=ENHANCE, status="499") == 1)
        fakes.detector.gate.set()
        eventually(lambda: server.client.get(LIVE).status_code == 503)


def test_a_device_that_hangs_ends_liveness_until_it_returns(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.work.admission.STUCK_S", 0.2)
    with serving(fakes, deadline_s=0.3) as server:
        fakes.detector.gate.clear()
        assert server.enhance(PHOTO).status_code == 504
        eventually(lambda: server.client.get(LIVE).status_code == 503)
        assert server.client.get(READY).status_code == 503
        fakes.detector.gate.set()
        eventually(lambda: server.client.get(LIVE).status_code == 200)
        assert server.upscale(PHOTO).status_code == 200


def test_failing_metrics_do_not_prevent_the_picture(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(fakes) as server:
        expected = server.data(PHOTO)
        fakes.perceptual.trouble.error = RuntimeError("upset")
        monkeypatch.setattr("metrics.report._resized", lambda *_: _raise(MemoryError()))
        data = server.data(PHOTO)
        assert data["restored_image"] == expected["restored_image"]
        assert [data["metrics"][name] for name in ("psnr", "ssim", "lpips")] == [None] * 3
        assert data["metrics"]["identity_similarity"] == expected["metrics"]["identity_similarity"]
        assert [warning["code"] for warning in data["warnings"]].count("metric_failed") == 3


def test_a_failing_warm_up_is_answered_with_its_stage(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.trouble.error = RuntimeError("upset")
        response = server.client.post("/api/v1/models/warmup")
        assert response.status_code == 500
        assert response.json()["stage"] == "upscaling"
        fakes.upscaler.trouble.error = None
        assert server.client.post("/api/v1/models/warmup").status_code == 200


def test_every_domain_error_has_a_status() -> None:
    found = {name: kind for name, kind in vars(domain).items() if isinstance(kind, type)}
    statuses = {
        name: status_of(kind("A sentence.")) for name, kind in found.items() if issubclass(kind, domain.PipelineError)
    }
    assert statuses == {
        "PipelineError": 500,
        "InputError": 422,
        "UnsupportedMediaType": 415,
        "BrokenImage": 422,
        "TooManyPixels": 413,
        "OutputFormatLimit": 422,
        "NoFaceDetected": 422,
        "UnknownFace": 422,
        "BadFaceBox": 422,
        "ReferenceMismatch": 422,
        "StageFailed": 500,
        "DeviceOutOfMemory": 503,
        "DeviceFailed": 503,
        "DeadlineExceeded": 504,
        "Cancelled": 499,
        "ModelUnavailable": 503,
    }


def _raise(error: Exception) -> None:
    raise error
