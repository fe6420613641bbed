"""Admission of photos: slots, queue, deadlines, and clients that disconnect."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from app.access.keys import new_key
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, MULTIPART, UPSCALE, Likeness, answer_on, eventually, head_of, serving

PHOTO = images.png(images.gradient())


def block_device(fakes: FakeModels) -> None:
    """Let the device hang at the next photo until `fakes.detector.gate` opens."""
    fakes.detector.gate.clear()
    fakes.detector.calls = 0


def queue(server: Likeness) -> tuple[int, int]:
    status = server.status()
    return status["slots_in_use"], status["queue_length"]


def assert_overloaded(response: Any) -> None:
    assert response.status_code == 503
    assert (response.json()["code"], response.json()["stage"]) == ("overloaded", "queue")
    assert 1 <= int(response.headers["retry-after"]) <= 120


def test_photos_beyond_slots_and_queue_are_refused(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4) as server, ThreadPoolExecutor(20) as clients:
        block_device(fakes)
        answers = [clients.submit(server.enhance, PHOTO) for _ in range(20)]
        eventually(lambda: sum(answer.done() for answer in answers) >= 15)
        assert server.client.get(LIVE).status_code == 200
        assert queue(server) == (1, 4)
        assert sum(answer.done() for answer in answers) == 15
        fakes.detector.gate.set()
        responses = [answer.result() for answer in answers]
        statuses = sorted(response.status_code for response in responses)
        assert statuses == [200] * 5 + [503] * 15
        for response in responses:
            if response.status_code == 503:
                assert_overloaded(response)
        assert fakes.detector.calls == 5
        eventually(lambda: queue(server) == (0, 0))  # the place is freed shortly after the answer
        assert server.enhance(PHOTO).status_code == 200


def test_no_more_photos_are_on_the_device_than_there_are_slots(fakes: FakeModels) -> None:
    with serving(fakes, slots=3, queue_size=5) as server, ThreadPoolExecutor(8) as clients:
        block_device(fakes)
        answers = [clients.submit(server.enhance, PHOTO) for _ in range(8)]
        eventually(lambda: queue(server) == (3, 5))
        eventually(lambda: fakes.detector.calls == 3)
        assert_overloaded(server.enhance(PHOTO))
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in answers] == [200] * 8
        assert fakes.detector.calls == 8


def test_a_queue_of_size_0_accepts_one_photo(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=0) as server, ThreadPoolExecutor(1) as client:
        block_device(fakes)
        first = client.submit(server.enhance, PHOTO)
        eventually(lambda: queue(server) == (1, 0))
        assert_overloaded(server.enhance(PHOTO))
        assert_overloaded(server.client.post("/api/v1/models/warmup"))
        fakes.detector.gate.set()
        assert first.result().status_code == 200


def test_an_overloaded_server_refuses_before_it_reads_the_body(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=0) as server, ThreadPoolExecutor(1) as client:
        block_device(fakes)
        first = client.submit(server.enhance, PHOTO)
        eventually(lambda: queue(server) == (1, 0))
        connection = server.connect()
        connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 1_000_000}))
        answer = answer_on(connection)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b'"overloaded"' in answer
        fakes.detector.gate.set()
        assert first.result().status_code == 200


def all_middleware() -> tuple[dict[str, str], dict[str, str]]:
    """Settings that turn on every middleware, and headers with which requests pass them."""
    key, line = new_key("shop")
    settings = {
        "api_keys": line,
        "rate_limit": "1000/minute",
        "cors_origins": "https://app.example.org",
        "trusted_proxies": "127.0.0.1",
    }
    return settings, {"X-API-Key": key, "Origin": "https://app.example.org", "X-Forwarded-For": "203.0.113.9"}


@pytest.mark.parametrize("guarded", [False, True], ids=["as it comes", "all middleware on"])
def test_clients_that_disconnect_while_waiting_leave_the_queue(fakes: FakeModels, guarded: bool) -> None:
    settings, headers = all_middleware() if guarded else ({}, {})
    with serving(fakes, slots=1, queue_size=4, **settings) as server, ThreadPoolExecutor(1) as client:
        server.client.headers.update(headers)
        block_device(fakes)
        first = client.submit(server.enhance, PHOTO)
        eventually(lambda: queue(server) == (1, 0))
        waiting = [server.start(ENHANCE, PHOTO, headers=headers) for _ in range(4)]
        eventually(lambda: queue(server) == (1, 4))
        assert_overloaded(server.enhance(PHOTO))
        for left, connection in zip((3, 2, 1, 0), waiting, strict=True):
            connection.close()
            eventually(lambda left=left: queue(server) == (1, left))
        fakes.detector.gate.set()
        assert first.result().status_code == 200
        eventually(lambda: queue(server) == (0, 0))
        assert fakes.detector.calls == 1
        assert server.enhance(PHOTO).status_code == 200


def test_a_client_that_disconnects_stops_the_device_and_frees_the_slot(fakes: FakeModels) -> None:
    large = images.png(images.gradient(512, 512))
    with serving(fakes, slots=1, queue_size=1) as server:
        fakes.upscaler.tiles = 0
        assert server.upscale(images.png(images.gradient(64, 64))).status_code == 200
        in_64_pixels = fakes.upscaler.tiles
        fakes.upscaler.tiles, fakes.upscaler.seconds = 0, 0.02
        with closing(server.start(UPSCALE, large)):
            eventually(lambda: fakes.upscaler.tiles > 2)
            assert queue(server) == (1, 0)
        eventually(lambda: queue(server) == (0, 0))
        done = fakes.upscaler.tiles
        assert done < 64 * in_64_pixels / 2, "the work continued to the end"
        fakes.upscaler.seconds = 0
        assert server.upscale(PHOTO).status_code == 200
        assert fakes.upscaler.tiles < done + 2 * in_64_pixels, "the work continues after the answer"


def test_the_slot_stays_taken_while_the_device_cannot_stop(fakes: FakeModels) -> None:
    """A running network cannot be interrupted, so the next photo has to wait for it."""
    with serving(fakes, slots=1, queue_size=1) as server, ThreadPoolExecutor(1) as client:
        block_device(fakes)
        with closing(server.start(ENHANCE, PHOTO)):
            eventually(lambda: fakes.detector.calls == 1)
        second = client.submit(server.upscale, PHOTO)
        eventually(lambda: queue(server) == (1, 1))
        assert not second.done()
        fakes.detector.gate.set()
        assert second.result().status_code == 200
        eventually(lambda: queue(server) == (0, 0))


def test_a_photo_that_waits_past_its_deadline_gets_504_and_never_reaches_the_device(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4, deadline_s=2) as server, ThreadPoolExecutor(4) as clients:
        block_device(fakes)
        first = clients.submit(server.enhance, PHOTO)
        eventually(lambda: fakes.detector.calls == 1)
        others = [clients.submit(server.enhance, PHOTO) for _ in range(3)]
        for other in others:  # a photo may notice its deadline only when decoding starts
            assert_too_late(other, "queue", "decode")
        eventually(lambda: queue(server) == (1, 0))
        fakes.detector.gate.set()
        assert_too_late(first, "detection")
        eventually(lambda: queue(server) == (0, 0))
        assert fakes.detector.calls == 1
        assert server.enhance(PHOTO).status_code == 200


def test_the_answer_at_the_deadline_does_not_wait_for_the_device(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4, deadline_s=1) as server, ThreadPoolExecutor(3) as clients:
        block_device(fakes)
        start = time.monotonic()
        answers = [clients.submit(server.enhance, PHOTO) for _ in range(3)]
        for answer in answers:
            assert_too_late(answer, "queue", "decode", "detection")
            assert 1 <= time.monotonic() - start < 2
        eventually(lambda: queue(server) == (1, 0))  # the slot is not given away while the device is busy
        fakes.detector.gate.set()
        eventually(lambda: queue(server) == (0, 0))
        assert server.enhance(PHOTO).status_code == 200
        assert fakes.detector.calls == 2


def assert_too_late(answer: Future[Any], *stages: str) -> None:
    response = answer.result()
    assert response.status_code == 504
    assert response.json()["code"] == "deadline_exceeded"
    assert response.json()["stage"] in stages


def test_the_time_in_the_queue_is_in_the_timings(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4) as server, ThreadPoolExecutor(2) as clients:
        block_device(fakes)
        first = clients.submit(server.enhance, PHOTO)
        eventually(lambda: fakes.detector.calls == 1)
        second = clients.submit(server.enhance, PHOTO)
        eventually(lambda: queue(server) == (1, 1))
        fakes.detector.gate.wait(0.3)
        fakes.detector.gate.set()
        assert first.result().status_code == 200
        assert second.result().json()["data"]["timings_ms"]["queue"] >= 200


@pytest.mark.parametrize("slots", [1, 2])
def test_a_long_queue_does_not_decode_its_photos_in_advance(fakes: FakeModels, slots: int) -> None:
    """At most slots + 1 photos are decoded, so broken photos behind them are not refused yet."""
    with serving(fakes, slots=slots, queue_size=8) as server, ThreadPoolExecutor(8) as clients:
        block_device(fakes)
        first = [clients.submit(server.enhance, PHOTO) for _ in range(slots + 1)]
        eventually(lambda: queue(server) == (slots, 1))
        broken = [clients.submit(server.enhance, images.cut(samples.portrait())) for _ in range(3)]
        eventually(lambda: queue(server) == (slots, 4))
        assert not any(answer.done() for answer in broken)
        fakes.detector.gate.set()
        assert [answer.result().status_code for answer in first] == [200] * (slots + 1)
        assert [answer.result().status_code for answer in broken] == [422] * 3
