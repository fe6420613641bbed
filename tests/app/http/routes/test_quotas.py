"""Quotas over HTTP: 429 with what and until when, before photos are read where that is possible; nothing stays."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.access.keys import new_key
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, done, keeping, objects_in, over, submit
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import MULTIPART, Likeness, head_of

PHOTO = samples.small_face()
KEYS = {name: new_key(name) for name in ("anna", "ben")}
OF = {name: {"X-API-Key": key} for name, (key, _) in KEYS.items()}


@contextmanager
def holding(folder: Path, **settings: Any) -> Iterator[Likeness]:
    """A server with two keys whose jobs do not end before the test does."""
    models = FakeModels()
    keys = ",".join(entry for _, entry in KEYS.values())
    with keeping(folder, models, api_keys=keys, **settings) as server:
        models.detector.gate.clear()  # not before the warm-up
        try:
            yield server
        finally:
            models.detector.gate.set()


# A key that is new does not let the photos of a batch be read.
KEY: dict[str, dict[str, object]] = {JOBS: {}, BATCHES: {"Idempotency-Key": "new"}}


def exceeded(response: Any) -> str:
    return assert_refused(response, 429, "quota_exceeded", "quota")


def batch(server: Likeness, *files: bytes, headers: Any = None) -> Any:
    return server.client.post(BATCHES, files=[("file", ("a.jpg", file)) for file in files], headers=headers)


def archive(*files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for number, file in enumerate(files):
            target.writestr(f"{number}.jpg", file)
    return made.getvalue()


def test_jobs_waiting(tmp_path: Path) -> None:
    with holding(tmp_path, quota_waiting=2) as server:
        paths = [submit(server, headers=OF["anna"]).json()["links"]["self"] for _ in range(2)]
        stored = objects_in(tmp_path)
        refused = submit(server, headers=OF["anna"])
        assert exceeded(refused) == "You have 2 jobs waiting, which is the most."
        assert "retry-after" not in refused.headers
        assert exceeded(batch(server, PHOTO, headers=OF["anna"])) == "You have 2 jobs waiting, which is the most."
        assert objects_in(tmp_path) == stored
        assert submit(server, headers=OF["ben"]).status_code == 202
        assert server.client.post(f"{paths[1]}/cancel", headers=OF["anna"]).status_code == 200
        assert submit(server, headers=OF["anna"]).status_code == 202


def test_jobs_a_day(tmp_path: Path) -> None:
    with keeping(tmp_path, quota_jobs_a_day=2) as server:
        job = done(server, upscale_factor=1)
        assert server.client.delete(job["links"]["self"]).status_code == 204
        refused = batch(server, PHOTO, PHOTO)
        sentence = "You have sent 1 job in the last 24 hours, and 2 are the most: 2 more do not fit. They fit from "
        assert re.fullmatch(re.escape(sentence) + r"\d\d:00 UTC on\.", exceeded(refused))
        assert 23 * 3600 - 60 < int(refused.headers["retry-after"]) <= 24 * 3600
        assert objects_in(tmp_path) == []
        assert done(server, upscale_factor=1)["state"] == "succeeded"  # the batch that was refused does not count
        assert exceeded(submit(server)).startswith("You have sent 2 jobs in the last 24 hours, which is the most.")


def test_bytes_count_with_their_results_until_they_are_deleted(tmp_path: Path) -> None:
    photo = images.png(images.gradient(40, 30))
    most = 64 * 1024
    with keeping(tmp_path, quota_mb=most / 2**20) as server:
        job = done(server, photo, require_face=False, upscale_factor=1)
        kept = sum(path.stat().st_size for path in (tmp_path / "objects").rglob("*") if path.is_file())
        assert len(photo) < kept < most - len(photo)
        stored, larger = objects_in(tmp_path), photo + bytes(most - kept - len(photo) + 1)
        for refused in (submit(server, larger, require_face=False), batch(server, larger)):
            assert exceeded(refused).endswith("MB more do not fit. Delete jobs, or wait until they expire.")
            assert "retry-after" not in refused.headers
        assert objects_in(tmp_path) == stored
        assert submit(server, larger[:-1], require_face=False, upscale_factor=1).status_code == 202
        assert server.client.delete(job["links"]["self"]).status_code == 204
        assert submit(server, photo, require_face=False, upscale_factor=1).status_code == 202


def test_a_repeated_request_is_not_counted(tmp_path: Path) -> None:
    with keeping(tmp_path, quota_waiting=1, quota_jobs_a_day=1) as server:
        headers = {"Idempotency-Key": "first"}
        first = submit(server, headers=headers, upscale_factor=1)
        again = submit(server, headers=headers, upscale_factor=1)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        over(server, first.json()["links"]["self"])
        stored = objects_in(tmp_path)
        exceeded(submit(server, headers={"Idempotency-Key": "second"}, upscale_factor=1))
        assert objects_in(tmp_path) == stored


def test_a_repeated_batch_is_not_counted(tmp_path: Path) -> None:
    with holding(tmp_path, quota_waiting=2, quota_jobs_a_day=2) as server:
        headers = {**OF["anna"], "Idempotency-Key": "first"}
        first = batch(server, PHOTO, PHOTO, headers=headers)
        again = batch(server, PHOTO, PHOTO, headers=headers)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        stored = objects_in(tmp_path)
        exceeded(batch(server, PHOTO, headers={**headers, "Idempotency-Key": "second"}))
        assert objects_in(tmp_path) == stored


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_the_refusal_does_not_wait_for_the_photos(tmp_path: Path, path: str) -> None:
    with keeping(tmp_path, quota_jobs_a_day=1) as server:
        done(server, upscale_factor=1)
        connection = server.connect()
        start = time.monotonic()
        connection.sendall(head_of(path, {"Content-Type": MULTIPART, "Content-Length": 5_000_000} | KEY[path]))
        connection.settimeout(5)
        assert connection.recv(65536).startswith(b"HTTP/1.1 429 ")
        assert time.monotonic() - start < 3
        connection.close()


@pytest.mark.parametrize(
    ("quota", "files"),
    [
        ({"quota_waiting": 2}, [PHOTO] * 3),
        ({"quota_waiting": 2}, [archive(PHOTO, PHOTO, PHOTO)]),
        ({"quota_jobs_a_day": 2}, [PHOTO, b"no picture" * 50, PHOTO]),
        ({"quota_mb": len(PHOTO) * 2.5 / 2**20}, [PHOTO] * 3),
        ({"quota_mb": len(PHOTO) * 2.5 / 2**20}, [archive(PHOTO, PHOTO, PHOTO)]),
    ],
)
def test_a_batch_that_does_not_fit_leaves_nothing(tmp_path: Path, quota: dict[str, Any], files: list[bytes]) -> None:
    with holding(tmp_path, **quota) as server:
        exceeded(batch(server, *files, headers=OF["anna"]))
        assert objects_in(tmp_path) == []
        assert server.client.get(JOBS, headers=OF["anna"]).json()["jobs"] == []
        assert batch(server, PHOTO, PHOTO, headers=OF["anna"]).status_code == 202  # nothing of it counts


def test_broken_files_of_a_batch_do_not_wait(tmp_path: Path) -> None:
    with holding(tmp_path, quota_waiting=1) as server:
        response = batch(server, PHOTO, b"no picture" * 50, b"", headers=OF["anna"])
        assert response.status_code == 202, response.text
        assert sum(response.json()["counts"].values()) == 3


def test_the_configuration_says_the_quotas(tmp_path: Path) -> None:
    with keeping(tmp_path, quota_waiting=20, quota_jobs_a_day=100, quota_mb=0.5) as server:
        limits = server.client.get("/api/v1/config").json()["jobs"]
        assert (limits["quota_waiting"], limits["quota_jobs_a_day"], limits["quota_mb"]) == (20, 100, 0.5)
