"""Memory of photos in a server: a photo is refused if there is too little; reserved until the answer is read."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from PIL.PngImagePlugin import PngImageFile

from app.http.event_stream import EventStream
from app.http.large_response import LargeResponse
from app.work.errors import MEBIBYTE
from app.work.memory import (
    Ledger,
    photo_bytes,
    reference_bytes,
)
from app.work.service import Answer, Service
from tests import images
from tests.app.fakes import FakeModels
from tests.app.server import UPSCALE, Likeness, eventually, serving

PHOTO = images.png(images.gradient())
WORKING = FakeModels.working_bytes


def short_of_memory(server: Likeness, free: int, uploads: int = 1) -> None:
    """Give the server a ledger with `free` bytes and the bytes of so many uploads of `PHOTO`."""
    service: Service = server.app.state.service
    service.memory = Ledger(lambda: free + uploads * len(PHOTO), lambda: 0)


@pytest.mark.parametrize("path", ["/api/v1/enhance", "/api/v1/upscale"])
def test_a_photo_that_needs_too_much_memory_is_refused_before_it_is_decoded(fakes: FakeModels, path: str) -> None:
    with serving(fakes) as server:
        short_of_memory(server, photo_bytes(48 * 32, 96 * 64, WORKING) - 1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PngImageFile, "load", lambda _: pytest.fail("it was decoded"))
            response = server.send(path, PHOTO)
        assert response.status_code == 503
        assert (response.json()["code"], response.json()["stage"]) == ("memory_low", "queue")
        assert 1 <= int(response.headers["retry-after"]) <= 120
        assert f"{WORKING / MEBIBYTE:.0f} MB" in response.json()["error"]
        short_of_memory(server, photo_bytes(48 * 32, 96 * 64, WORKING))
        assert server.send(path, PHOTO).status_code == 200


def test_retry_after_includes_the_refused_photo(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        short_of_memory(server, 1)
        server.app.state.service.admission.device_time.seconds_per_photo = 12.0
        assert server.enhance(PHOTO).headers["retry-after"] == "24"


def test_memory_is_reserved_for_the_reference(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        short_of_memory(server, photo_bytes(48 * 32, 96 * 64, WORKING) + reference_bytes(48 * 32) - 1, uploads=2)
        assert server.enhance(PHOTO).status_code == 200
        response = server.enhance(PHOTO, reference=PHOTO)
        assert (response.status_code, response.json()["code"]) == (503, "memory_low")


def test_two_photos_share_the_free_memory(fakes: FakeModels) -> None:
    """The second photo is refused while the first has reserved its memory, and accepted afterwards."""
    with serving(fakes) as server, ThreadPoolExecutor(1) as client:
        short_of_memory(server, int(1.5 * photo_bytes(48 * 32, 96 * 64, WORKING)), uploads=2)
        fakes.detector.gate.clear()
        first = client.submit(server.enhance, PHOTO)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        assert server.enhance(PHOTO).json()["code"] == "memory_low"
        fakes.detector.gate.set()
        assert first.result().status_code == 200
        assert server.enhance(PHOTO).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_answer_keeps_its_memory_reserved_until_the_client_has_read_it(fakes: FakeModels, accept: str) -> None:
    """Otherwise clients that read slowly would fill the memory."""
    noise = images.png(np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), dtype=np.uint8))
    with serving(fakes) as server:
        service: Service = server.app.state.service
        headers = {"Accept": accept}
        with closing(server.start(UPSCALE, noise, headers=headers, background="resample", metrics=False)) as connection:
            assert connection.recv(12) == b"HTTP/1.1 200"
            eventually(lambda: service.admission.inside == 0)
            eventually(lambda: service.memory.reserved > 20_000_000)  # which comes right after the head of the answer
            assert service.memory.reserved < 60_000_000
        eventually(lambda: service.memory.reserved == 0)


@pytest.mark.parametrize(
    ("accept", "until"), [("application/json", b"HTTP/1.1 200"), ("text/event-stream", b"event: result")]
)
def test_an_answer_is_freed_as_soon_as_the_client_has_read_it(fakes: FakeModels, accept: str, until: bytes) -> None:
    """No reference cycle keeps it until the next garbage collection: an answer may have a hundred megabytes."""

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


def test_the_working_bytes_of_the_models_are_part_of_the_claim(likeness: Likeness) -> None:
    service: Service = likeness.app.state.service
    before = service.memory
    models = service.loaded_models.models
    working = max(models.restorer.working_bytes, *(upscaler.working_bytes for upscaler in models.upscalers.values()))
    try:
        short_of_memory(likeness, photo_bytes(48 * 32, 96 * 64, working) - 1)
        assert likeness.enhance(PHOTO, require_face=False).json()["code"] == "memory_low"
        short_of_memory(likeness, photo_bytes(48 * 32, 96 * 64, working))
        assert likeness.enhance(PHOTO, require_face=False).status_code == 200
    finally:
        service.memory = before
