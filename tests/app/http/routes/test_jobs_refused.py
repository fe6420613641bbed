"""What `/enhance` would refuse is refused before it becomes a job; and who may see, and send, which job."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.access.keys import new_key
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, done, keeping, objects_in, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, UPSCALE, Likeness

PHOTO = samples.small_face()
KEYS = {name: new_key(name) for name in ("anna", "ben")}
OF = {name: {"X-API-Key": key} for name, (key, _) in KEYS.items()}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Likeness]:
    with keeping(folder, max_upload_mb=1, max_input_megapixels=1, max_output_megapixels=4) as likeness:
        yield likeness


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        (b"", {}),
        (b"%PDF-1.7 something", {}),
        (b"data:image/png;base64,AAAA", {}),
        (samples.small_face()[:200], {}),
        (images.png(images.gradient(1200, 1000)), {}),
        (images.png(images.gradient(1000, 999)), {"upscale_factor": 4}),
        (images.png(images.gradient(64, 2)), {"upscale_factor": 4, "output_format": "webp", "width": 17000}),
        (PHOTO, {"upscale_factor": 9}),
        (PHOTO, {"strength": "much"}),
        (PHOTO, {"upscale_factor": 2, "width": 100}),
        (PHOTO, {"restorer": "nobody"}),
        (PHOTO, {"upscaler": "nobody"}),
        (PHOTO, {"preset": "worst"}),
        (PHOTO, {"keep_location": True}),
        (PHOTO, {"face_boxes": "[[0, 0]]"}),
        (PHOTO, {"lossless": True, "output_format": "jpeg"}),
        (PHOTO, {"colour": "red"}),
        (PHOTO, {"url": "https://example.org/a.png"}),
        (b"x" * 2**21, {}),
    ],
)
def test_refusals_are_those_of_enhance(server: Likeness, folder: Path, file: bytes, fields: dict[str, object]) -> None:
    now, later = server.enhance(file, **fields), submit(server, file, **fields)
    assert 400 <= now.status_code < 500
    assert later.status_code == now.status_code, later.text
    assert {**later.json(), "request_id": ""} == {**now.json(), "request_id": ""}
    assert objects_in(folder) == []


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "multipart/form-data"}])
def test_other_bodies_are_refused_as_by_enhance(server: Likeness, headers: dict[str, str]) -> None:
    now, later = (server.client.post(path, content=PHOTO, headers=headers) for path in (ENHANCE, JOBS))
    assert {**later.json(), "request_id": ""} == {**now.json(), "request_id": ""}
    assert later.status_code == now.status_code


def test_fields_for_faces_are_refused_for_upscale(server: Likeness) -> None:
    refused = submit(server, kind="upscale", strength=0.5)
    assert assert_refused(refused, 422, "bad_parameter", "parameters") == "strength has no effect with kind=upscale."
    assert_refused(submit(server, kind="paint"), 422, "bad_parameter", "parameters")
    assert_refused(submit(server, dry_run=True), 422, "bad_parameter", "parameters")
    assert_refused(submit(server, dry_run=True, preview=True), 422, "bad_parameter", "parameters")
    assert_refused(submit(server, preview=True), 422, "bad_parameter", "parameters")


def test_a_query_beside_a_form_is_refused(server: Likeness) -> None:
    refused = server.client.post(f"{JOBS}?kind=upscale", files={"file": PHOTO})
    assert_refused(refused, 422, "unknown_parameter", "parameters")
    body = {"content": PHOTO, "headers": {"Content-Type": "image/jpeg"}}
    assert_refused(server.client.post(f"{JOBS}?colour=red", **body), 422, "unknown_parameter", "parameters")
    assert_refused(server.client.get(f"{JOBS}/1?colour=red"), 422, "unknown_parameter", "parameters")


def test_other_hosts_and_origins_are_refused(server: Likeness) -> None:
    paths = (("GET", JOBS), ("POST", JOBS), ("DELETE", f"{JOBS}/1"), ("POST", f"{JOBS}/1/cancel"), ("POST", BATCHES))
    for method, path in paths:
        refused = server.client.request(method, path, headers={"Host": "evil.example"})
        assert (refused.status_code, refused.json()["code"]) == (421, "unknown_host")
        if method != "GET":
            refused = server.client.request(method, path, headers={"Origin": "https://evil.example"})
            assert (refused.status_code, refused.json()["code"]) == (403, "foreign_origin")


def test_jobs_belong_to_their_key(tmp_path: Path) -> None:
    keys = ",".join(entry for _, entry in KEYS.values())
    with keeping(tmp_path, api_keys=keys) as server:
        assert submit(server).status_code == 401
        assert server.client.get(JOBS).status_code == 401
        job = done(server, headers=OF["anna"], upscale_factor=1)
        path = job["links"]["self"]
        for part in ("", "/result", "/preview", "/report"):
            assert server.client.get(path + part).status_code == 401
            assert_refused(server.client.get(path + part, headers=OF["ben"]), 404, "unknown_job", "request")
        events = server.client.get(path, headers={**OF["ben"], "Accept": "text/event-stream"})
        assert_refused(events, 404, "unknown_job", "request")
        assert_refused(server.client.post(f"{path}/cancel", headers=OF["ben"]), 404, "unknown_job", "request")
        assert_refused(server.client.delete(path, headers=OF["ben"]), 404, "unknown_job", "request")
        assert server.client.get(JOBS, headers=OF["ben"]).json() == {"jobs": [], "next": None}
        assert [one["id"] for one in server.client.get(JOBS, headers=OF["anna"]).json()["jobs"]] == [job["id"]]
        assert server.client.get(f"{path}/result", headers=OF["anna"]).status_code == 200


def test_submissions_count_against_the_rate_limit(tmp_path: Path) -> None:
    with keeping(tmp_path, rate_limit="1/minute") as server:
        assert submit(server).status_code == 202
        assert submit(server).status_code == 429
        assert server.client.get(JOBS).status_code == 200


def test_a_full_queue_of_photos_takes_jobs(tmp_path: Path) -> None:
    """A job needs no place among the photos that are done now."""
    models = FakeModels()
    with keeping(tmp_path, models, queue_size=0) as server:
        models.detector.gate.clear()
        connection = server.start(ENHANCE, PHOTO)
        for _ in range(20):
            assert submit(server).status_code == 202
        models.detector.gate.set()
        connection.close()


OFF = (
    ("POST", JOBS),
    ("GET", JOBS),
    ("GET", f"{JOBS}/1"),
    ("DELETE", f"{JOBS}/1"),
    ("GET", f"{JOBS}/1/result"),
    ("GET", f"{JOBS}/1/preview"),
    ("GET", f"{JOBS}/1/report"),
    ("POST", f"{JOBS}/1/cancel"),
    ("POST", BATCHES),
    ("GET", f"{BATCHES}/1"),
    ("DELETE", f"{BATCHES}/1"),
    ("GET", f"{BATCHES}/1/results.zip"),
    ("POST", f"{BATCHES}/1/cancel"),
    ("POST", "/enhance/batch"),
    ("GET", "/batch/1"),
    ("GET", "/batch/1/results"),
)


@pytest.mark.parametrize(("method", "path"), OFF)
def test_without_a_place_for_data_there_are_no_jobs(likeness: Likeness, method: str, path: str) -> None:
    for body in ({}, {"files": {"file": PHOTO}}, {"content": b"x", "headers": {"Content-Type": "text/plain"}}):
        sentence = assert_refused(likeness.client.request(method, path, **body), 404, "jobs_off", "request")
        assert "LIKENESS_DATA_DIR" in sentence


def test_config_and_status_say_whether_jobs_are_kept(likeness: Likeness, server: Likeness) -> None:
    assert likeness.client.get("/api/v1/config").json()["jobs"] is None
    assert likeness.status()["jobs"] is None
    assert server.client.get("/api/v1/config").json()["jobs"] == {
        "batch_size": 50,
        "batch_mb": pytest.approx(50, abs=0.2),
        "archive_mb": 64,
        "retention_hours": 24,
        "timeout_s": 600,
        "webhooks": False,
        "quota_waiting": None,
        "quota_jobs_a_day": None,
        "quota_mb": None,
    }
    assert set(server.status()["jobs"]) == {"queued", "running", "succeeded", "failed", "cancelled", "expired"}


def test_no_log_line_has_the_name_of_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="likeness"), keeping(tmp_path, log_level="debug") as server:
        job = done(server, name="canary-name.jpg", upscale_factor=1)
        _ = server.client.get(job["links"]["result"])
        _ = server.client.delete(job["links"]["self"])
    lines: list[dict[str, Any]] = [record.__dict__ for record in caplog.records]
    assert any(line.get("route") == "/api/v1/jobs/{id}/result" for line in lines)
    assert "canary-name" not in str(lines)
    assert job["id"] not in str([line for line in lines if line.get("route")])


def test_upscale_refuses_what_its_twin_refuses(server: Likeness) -> None:
    now = server.client.post(UPSCALE, files={"file": PHOTO}, data={"upscale_factor": "0"})
    later = submit(server, kind="upscale", upscale_factor=0)
    assert {**later.json(), "request_id": ""} == {**now.json(), "request_id": ""}
