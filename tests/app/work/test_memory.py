"""Photos are promised memory before they are decoded; what is not to be had is refused with a time to come again."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL.PngImagePlugin import PngImageFile

from app.http.event_stream import EventStream
from app.http.large_response import LargeResponse
from app.work.errors import MEBIBYTE, MemoryLow
from app.work.memory import (
    Ledger,
    free_bytes,
    photo_bytes,
    reference_bytes,
    resident_bytes,
)
from app.work.service import Answer, Service
from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import UPSCALE, Likeness, eventually, serving

PHOTO = images.png(images.gradient())
WORKING = FakeModels.working_bytes


class Machine:
    """So many free bytes, and a process that holds so many."""

    def __init__(self, free: int, resident: int = 1000) -> None:
        self.free = free
        self.resident = resident

    def ledger(self) -> Ledger:
        ledger = Ledger(lambda: self.free, lambda: self.resident)
        ledger.settle()
        return ledger


# --- the estimate ----------------------------------------------------------------------------------------------------


def test_a_photo_takes_by_pixels_factor_and_model() -> None:
    small, large = photo_bytes(10**6, 2, 0), photo_bytes(2 * 10**6, 2, 0)
    assert small < large < photo_bytes(2 * 10**6, 4, 0)
    assert photo_bytes(10**6, 2, 1000) == small + 1000
    assert reference_bytes(10**6) >= 12 * 10**6  # its pixels alone


# --- what is free ----------------------------------------------------------------------------------------------------


def test_without_a_limit_the_machines_memory_is_free(tmp_path: Path) -> None:
    assert 0 < free_bytes(tmp_path) <= psutil.virtual_memory().total


def cgroup(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def test_a_container_of_today(tmp_path: Path) -> None:
    stat = "anon 5\ninactive_file 40\n"
    cgroup(tmp_path, memory_dot_max="1000", memory_dot_current="700", memory_dot_stat=stat)
    assert free_bytes(tmp_path) == 340


def test_a_container_without_a_limit(tmp_path: Path) -> None:
    cgroup(tmp_path, memory_dot_max="max", memory_dot_current="700", memory_dot_stat="inactive_file 40")
    assert free_bytes(tmp_path) > 1000


def test_a_container_of_old(tmp_path: Path) -> None:
    files = {"limit_in_bytes": "1000", "usage_in_bytes": "990", "stat": "inactive_file 3\ntotal_inactive_file 5"}
    cgroup(tmp_path, **{f"memory__memory_dot_{name}": text for name, text in files.items()})
    assert free_bytes(tmp_path) == 15


def test_more_used_than_allowed_is_nothing_free(tmp_path: Path) -> None:
    cgroup(tmp_path, memory_dot_max="1000", memory_dot_current="1200", memory_dot_stat="")
    assert free_bytes(tmp_path) == 0


def test_this_process_holds_something() -> None:
    assert resident_bytes() > 10 * MEBIBYTE


# --- promises --------------------------------------------------------------------------------------------------------


def test_what_was_promised_is_not_free_until_the_photo_is_done() -> None:
    ledger = Machine(free=100).ledger()
    with ledger.account() as first:
        first(60)
        with ledger.account() as second, pytest.raises(MemoryLow) as caught:
            second(60)
        assert (caught.value.needed, caught.value.free) == (60, 40)
        with ledger.account() as third:
            third(30)
            third(10)
    with ledger.account() as fourth:
        fourth(100)


def test_what_a_photo_has_already_taken_does_not_count_twice() -> None:
    machine = Machine(free=100)
    ledger = machine.ledger()
    with ledger.account() as first, ledger.account() as second:
        first(60)
        machine.free, machine.resident = 45, 1055  # of the 60 it has 55 by now
        second(40)
        with pytest.raises(MemoryLow):
            second(1)


def test_memory_kept_for_the_next_photo_is_free_for_it() -> None:
    machine = Machine(free=100)
    ledger = machine.ledger()
    machine.free, machine.resident = 40, 1060
    with ledger.account() as claim:
        claim(100)


def test_before_the_models_are_loaded_only_what_the_system_has_is_free() -> None:
    machine = Machine(free=100)
    with Ledger(lambda: machine.free, lambda: machine.resident).account() as claim:
        claim(100)
        with pytest.raises(MemoryLow):
            claim(1)


def test_photos_of_many_threads_never_get_more_than_there_is() -> None:
    ledger = Machine(free=100).ledger()

    def photo(_: int) -> bool:
        with ledger.account() as claim:
            try:
                claim(40)
            except MemoryLow:
                return False
            return True

    with ThreadPoolExecutor(8) as threads:
        assert any(threads.map(photo, range(200)))
    with ledger.account() as claim:
        claim(100)


# --- through the service ---------------------------------------------------------------------------------------------


def short_of_memory(server: Likeness, free: int, uploads: int = 1) -> None:
    """From now on so much is free, and what so many uploads of the photo take."""
    service: Service = server.app.state.service
    service.memory = Ledger(lambda: free + uploads * len(PHOTO), lambda: 0)


@pytest.mark.parametrize("path", ["/api/v1/enhance", "/api/v1/upscale"])
def test_a_photo_that_would_not_fit_is_refused_before_it_is_decoded(fakes: FakeModels, path: str) -> None:
    with serving(fakes) as server:
        short_of_memory(server, photo_bytes(48 * 32, 2, WORKING) - 1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PngImageFile, "load", lambda _: pytest.fail("it was decoded"))
            response = server.send(path, PHOTO)
        assert response.status_code == 503
        assert (response.json()["code"], response.json()["stage"]) == ("memory_low", "queue")
        assert 1 <= int(response.headers["retry-after"]) <= 120
        assert f"{WORKING / MEBIBYTE:.0f} MB" in response.json()["error"]
        short_of_memory(server, photo_bytes(48 * 32, 2, WORKING))
        assert server.send(path, PHOTO).status_code == 200


def test_a_reference_needs_memory_too(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        short_of_memory(server, photo_bytes(48 * 32, 2, WORKING) + reference_bytes(48 * 32) - 1, uploads=2)
        assert server.enhance(PHOTO).status_code == 200
        response = server.enhance(PHOTO, reference=PHOTO)
        assert (response.status_code, response.json()["code"]) == (503, "memory_low")


def test_two_photos_share_what_is_free(fakes: FakeModels) -> None:
    """The second one is refused though nothing is taken yet; when the first is done, there is room for it."""
    with serving(fakes) as server, ThreadPoolExecutor(1) as client:
        short_of_memory(server, int(1.5 * photo_bytes(48 * 32, 2, WORKING)), uploads=2)
        fakes.detector.gate.clear()
        first = client.submit(server.enhance, PHOTO)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        assert server.enhance(PHOTO).json()["code"] == "memory_low"
        fakes.detector.gate.set()
        assert first.result().status_code == 200
        assert server.enhance(PHOTO).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_answer_takes_memory_until_it_is_taken(fakes: FakeModels, accept: str) -> None:
    """A client that is in no hurry to read keeps it from others, and they are told so."""
    noise = images.png(np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), dtype=np.uint8))
    with serving(fakes) as server:
        service: Service = server.app.state.service
        headers = {"Accept": accept}
        with closing(server.start(UPSCALE, noise, headers=headers, background="resample", metrics=False)) as connection:
            assert connection.recv(12) == b"HTTP/1.1 200"
            eventually(lambda: service.admission.inside == 0)
            assert 20_000_000 < service.memory.reserved < 60_000_000
        eventually(lambda: service.memory.reserved == 0)


@pytest.mark.parametrize(
    ("accept", "until"), [("application/json", b"HTTP/1.1 200"), ("text/event-stream", b"event: result")]
)
def test_an_answer_that_was_taken_is_let_go_of_at_once(fakes: FakeModels, accept: str, until: bytes) -> None:
    """Not when the interpreter next looks for cycles: each may be a hundred megabytes."""

    def alive() -> list[object]:
        found = gc.get_objects()
        responses = [item for item in found if type(item) in (LargeResponse, EventStream)]
        return responses + [item for item in found if type(item) is Answer and item.body]

    with serving(fakes) as server:
        server.upscale(PHOTO)
        gc.collect()
        gc.disable()
        try:
            for headers in ({}, {"Connection": "close"}):
                with closing(server.start(UPSCALE, PHOTO, headers={"Accept": accept, **headers})) as connection:
                    received = b""
                    while until not in received:
                        received += connection.recv(4096)
                eventually(lambda: not alive(), 5)
        finally:
            gc.enable()


def test_what_a_model_works_in_is_asked_of_the_model(likeness: Likeness) -> None:
    service: Service = likeness.app.state.service
    before = service.memory
    models = service.loaded_models.models
    working = max(models.restorer.working_bytes, *(upscaler.working_bytes for upscaler in models.upscalers.values()))
    try:
        short_of_memory(likeness, photo_bytes(48 * 32, 2, working) - 1)
        assert likeness.enhance(PHOTO, require_face=False).json()["code"] == "memory_low"
        short_of_memory(likeness, photo_bytes(48 * 32, 2, working))
        assert likeness.enhance(PHOTO, require_face=False).status_code == 200
    finally:
        service.memory = before
