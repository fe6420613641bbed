"""The wall clock jumps by an hour, either way, while a server works: no client notices."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.work.admission import UPLOAD_S
from tests.app import samples
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.server import MULTIPART, UPSCALE, answer_on, eventually, form_body, head_of, serving

HOUR = 3600.0
PATIENT = 100.0  # seconds; less than an hour

jumps = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])


def set_clock(patch: pytest.MonkeyPatch, jump: float) -> None:
    """Set the wall clock of this process, as far as Python asks for it."""
    real, real_ns = time.time, time.time_ns
    patch.setattr(time, "time", lambda: real() + jump)
    patch.setattr(time, "time_ns", lambda: real_ns() + round(jump * 1e9))


@jumps
def test_photos_and_uploads_in_work_are_done(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    fakes = FakeModels()
    body = form_body({"file": samples.no_face()})
    with (
        serving(fakes, slots=1, queue_size=1, deadline_s=PATIENT, read_timeout_s=PATIENT) as server,
        ThreadPoolExecutor(2) as clients,
    ):
        uptime = server.status()["uptime_s"]
        arriving = server.connect()
        head = {"Content-Type": MULTIPART, "Content-Length": len(body), "Connection": "close"}
        arriving.sendall(head_of(UPSCALE, head) + body[:100])
        time.sleep(2 * UPLOAD_S)  # the upload has lost its place
        fakes.detector.gate.clear()
        photos = [clients.submit(server.enhance, samples.small_face()) for _ in range(2)]
        eventually(lambda: server.status()["queue_length"] == 1)

        set_clock(monkeypatch, jump)
        refused = server.enhance(samples.small_face())
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert 1 <= int(refused.headers["Retry-After"]) <= PATIENT
        fakes.detector.gate.set()
        assert [photo.result().status_code for photo in photos] == [200, 200]
        arriving.sendall(body[100:])
        assert answer_on(arriving).startswith(b"HTTP/1.1 200 ")

        data = server.data(samples.small_face())
        assert 0 <= data["processing_time_ms"] < PATIENT * 1000
        assert all(0 <= milliseconds < PATIENT * 1000 for milliseconds in data["timings_ms"].values())
        assert uptime <= server.status()["uptime_s"] < uptime + PATIENT
        metric = scraped(server)
        assert 0 <= metric("likeness_queue_wait_seconds_sum") < PATIENT * 4
        assert server.app.state.service.admission.retry_after <= PATIENT


@jumps
def test_deadlines_come_when_they_are_due(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    fakes = FakeModels()
    with serving(fakes, deadline_s=1, read_timeout_s=1) as server, ThreadPoolExecutor(1) as clients:
        fakes.detector.gate.clear()
        late = clients.submit(server.enhance, samples.small_face())
        eventually(lambda: server.status()["slots_in_use"] == 1)
        slow = server.connect()
        slow.sendall(head_of(UPSCALE, {"Content-Type": MULTIPART, "Content-Length": 1000}))
        set_clock(monkeypatch, jump)
        assert late.result(PATIENT).status_code == 504
        assert answer_on(slow).startswith(b"HTTP/1.1 408 ")
        fakes.detector.gate.set()


@jumps
def test_a_client_at_its_rate_is_not_locked_out(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    with serving(FakeModels(), rate_limit="2/second") as server:
        while server.upscale(samples.no_face()).status_code != 429:
            pass
        set_clock(monkeypatch, jump)
        answer = server.upscale(samples.no_face())
        if answer.status_code == 429:
            wait = int(answer.headers["Retry-After"])
            assert wait == 1
            time.sleep(wait)
            answer = server.upscale(samples.no_face())
        assert answer.status_code == 200
