"""Batches while they arrive: their memory, their time, and a server that stops."""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.http.upload_memory import UploadMemory
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, keeping, objects_in
from tests.app.server import MULTIPART, answer_on, eventually, form_body, head_of

PHOTO = samples.small_face()
MEBIBYTE = 2**20


def test_photos_are_stored_while_they_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """50 photos of 2 MB each through an upload memory of 3 MB, of which they never take half."""
    most = 0
    counted = UploadMemory.add

    def watched(memory: UploadMemory, *args: Any) -> None:
        nonlocal most
        counted(memory, *args)
        most = max(most, memory._total)

    monkeypatch.setattr(UploadMemory, "add", watched)
    models = FakeModels()
    photo = images.png(images.gradient(24, 16)) + bytes(2 * MEBIBYTE)
    with keeping(tmp_path, models, max_upload_mb=3, upload_memory_mb=3) as server:
        models.detector.gate.clear()
        first, between = form_body({"file": photo}, closed=False), b""

        def body() -> Iterator[bytes]:
            for _ in range(50):
                yield first + between
            yield form_body({"upscale_factor": "1"})

        response = server.client.post(BATCHES, content=body(), headers={"Content-Type": MULTIPART})
        assert response.status_code == 202, response.text
        assert len(response.json()["jobs"]) == 50
        sizes = {path.stat().st_size for path in (tmp_path / "objects").rglob("photo")}
        assert sizes == {len(photo)}
        assert 0 < most <= 1.5 * MEBIBYTE
        models.detector.gate.set()
        assert server.client.delete(response.headers["location"]).status_code == 204


def test_what_the_store_has_not_written_yet_counts_as_arriving(tmp_path: Path) -> None:
    """Twelve uploads stall in the midst of a photo, where there is memory for three at most: the others are ended."""
    head = head_of(BATCHES, {"Content-Type": MULTIPART, "Content-Length": 900_000})
    half = form_body({"file": PHOTO + bytes(400_000)}, closed=False)[:400_000]
    with keeping(tmp_path, max_upload_mb=1, upload_memory_mb=1.2) as server:
        uploads = [server.connect() for _ in range(12)]
        for upload in uploads:
            upload.sendall(head + half)
        eventually(lambda: len(select.select(uploads, [], [], 0)[0]) >= 9)
        assert {upload.recv(12) for upload in select.select(uploads, [], [], 0)[0]} == {b"HTTP/1.1 503"}
        for upload in uploads:
            upload.close()
        eventually(lambda: objects_in(tmp_path) == [])


def test_an_upload_that_still_arrives_when_the_grace_ends_is_told(tmp_path: Path) -> None:
    with keeping(tmp_path, drain_s=0, grace_s=1) as server:
        connection = server.connect()
        body = form_body({"file": PHOTO})
        head = head_of(BATCHES, {"Content-Type": MULTIPART, "Content-Length": len(body)})
        connection.sendall(head + body[:-100])
        eventually(lambda: objects_in(tmp_path))
        server.server.handle_exit(signal.SIGTERM, None)
        answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"code":"shutting_down"' in answer
    assert objects_in(tmp_path) == []


@pytest.mark.parametrize(("path", "status"), [(BATCHES, 202), (JOBS, 408)])
def test_a_batch_has_more_time_to_arrive(tmp_path: Path, path: str, status: int) -> None:
    """Of its 3 MB, each has the time of an upload of 1 MB, which is 1 second here."""
    with keeping(tmp_path, max_upload_mb=1, read_timeout_s=1) as server:
        files = [bytes(900_000)] * (3 if path == BATCHES else 1)
        body = b"".join(form_body({"file": file}, closed=False) for file in files) + form_body({"preset": "fast"})
        connection = server.connect()
        connection.sendall(head_of(path, {"Content-Type": MULTIPART, "Content-Length": len(body)}) + body[:-100])
        time.sleep(1.6)
        with suppress(OSError):
            connection.sendall(body[-100:])
        assert connection.recv(100).startswith(f"HTTP/1.1 {status} ".encode())
        connection.close()


def test_a_batch_that_comes_too_slowly_is_refused(tmp_path: Path) -> None:
    with keeping(tmp_path, max_upload_mb=1, read_timeout_s=0.5) as server:
        body = form_body({"file": PHOTO})
        connection = server.connect()
        connection.sendall(head_of(BATCHES, {"Content-Type": MULTIPART, "Content-Length": 1_500_000}) + body[:-100])
        start = time.monotonic()
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")
        assert 0.9 < time.monotonic() - start < 10
        connection.close()
        eventually(lambda: objects_in(tmp_path) == [])
