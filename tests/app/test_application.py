"""The whole application: no photo is written to disk, the OpenAPI document is complete, the server starts and stops."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from starlette.formparsers import MultiPartParser

from app.application import create_app
from app.http.answer_type import PICTURES
from app.settings import Settings
from pipeline.codec.formats import INPUT_FORMATS
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, Likeness, eventually, serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def disk_watch() -> dict[str, Any]:
    """The files that a server opened for writing, and files that prove that the watch detects them."""
    command = [sys.executable, "-m", "tests.app.disk_watch"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_no_file_is_written_while_a_photo_is_served(disk_watch: dict[str, Any]) -> None:
    assert disk_watch["statuses"] == [200, 200, 200, 422]
    assert disk_watch["served"] == []


def test_the_embedded_models_do_not_load_onnxruntime(disk_watch: dict[str, Any]) -> None:
    assert disk_watch["onnxruntime"] is False


def test_the_watch_detects_an_upload_spooled_to_disk(disk_watch: dict[str, Any]) -> None:
    assert any(name.startswith(tempfile.gettempdir()) for name in disk_watch["spooled"])


def test_the_watch_detects_every_way_to_write(disk_watch: dict[str, Any]) -> None:
    assert disk_watch["written"] == ["a", "b", "c", "d"]


def test_a_starlette_without_spool_max_size_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(MultiPartParser, "spool_max_size")
    with pytest.raises(RuntimeError, match="spool_max_size"):
        create_app(Settings(models="embedded", device="cpu"))


def test_the_root_redirects_to_the_documentation(likeness: Likeness) -> None:
    response = likeness.client.get("/", follow_redirects=True)
    assert response.status_code == 200
    assert "swagger" in response.text.lower()


def test_openapi_has_every_operation(likeness: Likeness) -> None:
    document = likeness.client.get("/openapi.json").json()
    operations = {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert (
        operations.items()
        >= {
            "enhance": ("post", "/api/v1/enhance"),
            "upscale": ("post", "/api/v1/upscale"),
            "live": ("get", "/api/v1/health/live"),
            "ready": ("get", "/api/v1/health/ready"),
            "health": ("get", "/api/v1/health"),
            "status": ("get", "/api/v1/status"),
            "config": ("get", "/api/v1/config"),
            "models": ("get", "/api/v1/models"),
            "warmup": ("post", "/api/v1/models/warmup"),
        }.items()
    )


def test_openapi_describes_the_form_and_every_answer(likeness: Likeness) -> None:
    document = likeness.client.get("/openapi.json").json()
    enhance = document["paths"]["/api/v1/enhance"]["post"]
    bodies = enhance["requestBody"]["content"]
    assert set(bodies) == {"multipart/form-data", *(row.media_type for row in INPUT_FORMATS)}
    assert "in the query" in enhance["requestBody"]["description"]
    reference = bodies["multipart/form-data"]["schema"]["$ref"]
    form = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    assert set(form["properties"]) == {
        "file",
        "url",
        "upscale_factor",
        "width",
        "height",
        "long_side",
        "strength",
        "faces",
        "face_overrides",
        "face_boxes",
        "require_face",
        "color_lock",
        "color_correction",
        "background",
        "restorer",
        "upscaler",
        "denoise_strength",
        "self_ensemble",
        "identity_policy",
        "identity_threshold",
        "output_format",
        "quality",
        "lossless",
        "chroma_subsampling",
        "progressive",
        "bit_depth",
        "color_profile",
        "metadata",
        "keep_location",
        "preset",
        "metrics",
        "dry_run",
        "preview",
        "reference",
    }
    assert "required" not in form  # a photo comes as `file` or by `url`
    assert set(enhance["responses"]) == {
        "200",
        "304",
        "400",
        "401",
        "403",
        "406",
        "408",
        "413",
        "415",
        "421",
        "422",
        "429",
        "500",
        "503",
        "504",
    }
    good = enhance["responses"]["200"]["content"]
    assert set(good) == {"application/json", "text/event-stream", *PICTURES}
    shapes = [shape["$ref"].rsplit("/", 1)[-1] for shape in good["application/json"]["schema"]["anyOf"]]
    assert shapes == ["EnhanceResponse", "DryRunResponse"]
    bad = enhance["responses"]["422"]["content"]["application/json"]["schema"]["$ref"]
    error = document["components"]["schemas"][bad.rsplit("/", 1)[-1]]
    assert set(error["properties"]) == {"error", "stage", "code", "request_id"}


def test_the_real_server_starts_and_stops() -> None:
    with serving() as server:
        assert server.client.get(LIVE).status_code == 200
    with pytest.raises(OSError, match="refused"):
        server.connect()


def test_photos_in_work_are_answered_after_a_stop_signal(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=2) as server, ThreadPoolExecutor(3) as clients:
        fakes.detector.gate.clear()
        answers = [clients.submit(server.enhance, samples.no_face()) for _ in range(3)]
        eventually(lambda: server.status()["queue_length"] == 2)
        server.server.should_exit = True
        eventually(lambda: not server.accepts())
        assert not any(answer.done() for answer in answers)
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in answers] == [200] * 3


def test_work_that_outlasts_the_grace_period_is_abandoned(fakes: FakeModels) -> None:
    with ExitStack() as later, serving(fakes, grace_s=1) as server:
        fakes.upscaler.tiles, fakes.upscaler.seconds = 0, 0.02  # some 4,000 tiles: more than a minute
        connection = server.start("/api/v1/upscale", images.png(images.gradient(512, 512)))
        later.enter_context(closing(connection))  # the client waits longer than the server
        eventually(lambda: fakes.upscaler.tiles > 2)
    stopped_at = fakes.upscaler.tiles
    assert stopped_at < 2000
    time.sleep(0.2)
    assert fakes.upscaler.tiles == stopped_at
