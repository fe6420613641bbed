"""Concurrent photos do not mix, results are reproducible, and the event loop and memory stay free."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from app.work import photo, service
from app.work.order import Order
from pipeline.models.roles import Models
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import LIVE, Likeness, eventually, serving

SAME = ("restored_image", "width", "height", "metrics", "faces", "models", "warnings")


def eight_photos() -> list[bytes]:
    """Eight different photos of one face, in four sizes."""
    return [
        samples.file_of(np.roll(samples.head(96 + 8 * (n % 4), left=n - 4, top=n), n, axis=2), quality=60 + 5 * n)
        for n in range(8)
    ]


def lasting(data: dict[str, Any]) -> dict[str, Any]:
    """The parts of an answer that do not depend on the time it took."""
    return {key: data[key] for key in SAME}


@pytest.fixture(scope="module")
def one_by_one(likeness: Likeness) -> list[dict[str, Any]]:
    return [lasting(likeness.data(photo)) for photo in eight_photos()]


def test_the_same_photo_twice_gives_the_same_bytes(likeness: Likeness, one_by_one: list[dict[str, Any]]) -> None:
    assert [lasting(likeness.data(photo)) for photo in eight_photos()[:2]] == one_by_one[:2]
    assert len({answer["restored_image"] for answer in one_by_one}) == 8


def test_eight_concurrent_photos_give_the_results_of_each_alone(
    embedded_models: Models, one_by_one: list[dict[str, Any]]
) -> None:
    with serving(embedded_models, slots=4) as server, ThreadPoolExecutor(8) as clients:
        together = [lasting(data) for data in clients.map(server.data, eight_photos())]
    assert together == one_by_one


def test_the_server_answers_while_a_photo_is_processed(likeness: Likeness) -> None:
    photo = samples.file_of(samples.resized(samples.head(96), 400, 400))
    waits = []
    begin = time.monotonic()
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(likeness.enhance, photo, upscale_factor=4)
        while not answer.done():
            start = time.monotonic()
            assert likeness.client.get(LIVE).status_code == 200
            waits.append(time.monotonic() - start)
            time.sleep(0.01)
        assert answer.result().status_code == 200
    assert len(waits) >= 5
    assert max(waits) < (time.monotonic() - begin) / 2  # on the event loop, the work would be nearly all of one wait


@pytest.mark.parametrize("step", ["decode", "enhance", "measure", "encode"])
def test_no_step_runs_on_the_event_loop(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A step that hangs delays its own photo only."""
    entered, let_go = threading.Event(), threading.Event()
    original = getattr(photo, step)

    def hanging(*arguments: Any, **options: Any) -> Any:
        entered.set()
        assert let_go.wait(30)
        return original(*arguments, **options)

    with serving(fakes) as server, ThreadPoolExecutor(1) as client:
        monkeypatch.setattr(photo, step, hanging)
        answer = client.submit(server.enhance, samples.no_face())
        try:
            assert entered.wait(30)
            assert server.client.get(LIVE, timeout=10).status_code == 200
            assert not answer.done()
        finally:
            let_go.set()
        assert answer.result().status_code == 200


def test_the_perceptual_network_runs_in_the_slot_of_the_device(fakes: FakeModels) -> None:
    file = samples.small_face()
    with serving(fakes, deadline_s=5) as server, ThreadPoolExecutor(1) as client:
        done = server.enhance(file).json()["data"]
        assert done["models"]["perceptual"] == "fake-perceptual"
        assert "perceptual" not in server.enhance(file, metrics=False).json()["data"]["models"]
        fakes.perceptual.waits = True
        fakes.perceptual.at_work.clear()
        answer = client.submit(server.enhance, file)
        assert fakes.perceptual.at_work.wait(60)
        assert server.status()["slots_in_use"] == 1
        assert answer.result().status_code == 504
        assert answer.result().json()["stage"] == "metrics"
        fakes.perceptual.waits = False
        eventually(lambda: server.status()["slots_in_use"] == 0)  # the answer does not wait for the device
        assert server.enhance(file).status_code == 200


def test_freed_memory_is_returned_to_the_system_when_the_server_is_idle(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = threading.Semaphore(0)
    monkeypatch.setattr(service, "return_freed_memory", given_back.release)
    monkeypatch.setattr(service, "IDLE_S", 0.05)
    file = samples.small_face()
    with serving(fakes, deadline_s=5) as server, ThreadPoolExecutor(1) as client:
        assert server.enhance(file).status_code == 200
        assert given_back.acquire(timeout=60)
        fakes.perceptual.waits = True
        first = client.submit(server.enhance, file)
        assert fakes.perceptual.at_work.wait(60)
        assert server.enhance(b"no photo").status_code == 415  # ends while the first photo is still in work
        assert not given_back.acquire(blocking=False)
        assert first.result().status_code == 504
        assert given_back.acquire(timeout=60)


def test_networks_run_only_in_the_threads_of_the_slots(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread that has run torch keeps its own OpenMP threads; more of these than cores slow all of them down."""
    seen = []
    original = photo.enhance

    def watched(*arguments: Any) -> Any:
        seen.append(threading.current_thread().name)
        return original(*arguments)

    monkeypatch.setattr(photo, "enhance", watched)
    loaded = []
    with serving(lambda: loaded.append(threading.current_thread().name) or fakes()) as server:
        for _ in range(4):
            assert server.enhance(samples.small_face()).status_code == 200
    assert len({*seen, *loaded}) == 1


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_the_upload_is_freed_with_its_answer(fakes: FakeModels, accept: str) -> None:
    """No reference cycle keeps it until the next garbage collection, which may come many uploads later."""

    def orders() -> int:
        return sum(type(one) is Order for one in gc.get_objects())

    with serving(fakes) as server:
        gc.collect()
        gc.disable()
        before = orders()  # of servers of other tests that still run
        try:
            for photo, fields in ((b"no photo", {}), (samples.small_face(), {"face_overrides": '{"7": 1}'})):
                server.enhance(photo, accept=accept, **fields)
                eventually(lambda: orders() <= before, 10)
        finally:
            gc.enable()
