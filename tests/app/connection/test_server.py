"""Shutdown: new photos are refused with an error, those in work are answered, the port closes last."""

from __future__ import annotations

import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, READY, Likeness, answer_on, eventually, serving

PHOTO = images.png(images.gradient())


def signal_stop(server: Likeness, sig: int = signal.SIGTERM) -> None:
    server.server.handle_exit(sig, None)


def held(fakes: FakeModels, server: Likeness, clients: ThreadPoolExecutor, photos: int = 1) -> list[Future[Any]]:
    """Photos that stay in work until the detector's gate opens."""
    fakes.detector.gate.clear()
    answers = [clients.submit(server.enhance, PHOTO) for _ in range(photos)]
    eventually(lambda: server.status()["queue_length"] + server.status()["slots_in_use"] == photos)
    return answers


def assert_shutting_down(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert (response.json()["code"], response.json()["stage"]) == ("shutting_down", "shutdown")
    assert int(response.headers["retry-after"]) >= 1
    assert response.headers["connection"] == "close"


def test_sigterm_refuses_new_photos_at_once_and_answers_those_in_work(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=2, grace_s=30) as server, ThreadPoolExecutor(3) as clients:
        answers = held(fakes, server, clients, photos=3)
        signal_stop(server)
        start = time.monotonic()
        ready = server.client.get(READY)
        assert (ready.status_code, ready.json()["status"]) == (503, "draining")
        assert server.client.get(LIVE).status_code == 200
        health = server.client.get("/api/v1/health")
        assert (health.status_code, health.json()["status"]) == (503, "stopping")
        assert server.status()["ready"] is False
        assert_shutting_down(server.enhance(PHOTO))
        assert_shutting_down(server.client.post("/api/v1/models/warmup"))
        assert time.monotonic() - start < 1
        assert server.accepts(), "the port closed before a balancer could notice"
        eventually(lambda: not server.accepts())
        assert not any(answer.done() for answer in answers)
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in answers] == [200] * 3


def test_a_second_sigterm_skips_the_drain_period(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=60) as server:
        signal_stop(server)
        time.sleep(0.3)
        assert server.accepts()
        signal_stop(server)
        eventually(lambda: not server.accepts(), 5)


def test_ctrl_c_skips_the_drain_period(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=60) as server:
        signal_stop(server, signal.SIGINT)
        eventually(lambda: not server.accepts(), 5)


@pytest.mark.parametrize("photos", [1, 3])
def test_unfinished_photos_are_answered_with_shutting_down_when_the_grace_period_ends(
    fakes: FakeModels, photos: int
) -> None:
    with serving(fakes, drain_s=0, grace_s=1) as server, ThreadPoolExecutor(3) as clients:
        answers = held(fakes, server, clients, photos)
        signal_stop(server)
        for answer in answers:
            assert_shutting_down(answer.result())
        fakes.detector.gate.set()


def test_a_device_that_hangs_does_not_keep_the_process_alive(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=1) as server:
        fakes.detector.gate.clear()
        connection = server.start(ENHANCE, PHOTO)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        start = time.monotonic()
    assert time.monotonic() - start < 15  # the fake device would take 30 s
    assert answer_on(connection).startswith(b"HTTP/1.1 503")
    fakes.detector.gate.set()


def test_a_photo_in_work_is_answered_after_sigterm(fakes: FakeModels) -> None:
    """Its connection was accepted before the port closed."""
    with serving(fakes, drain_s=0, grace_s=10) as server:
        connection = server.start(ENHANCE, images.png(images.gradient(300, 200)))
        with closing(connection):
            eventually(lambda: server.status()["slots_in_use"] + server.status()["queue_length"] == 1)
            signal_stop(server)
            assert connection.recv(12) == b"HTTP/1.1 200"
