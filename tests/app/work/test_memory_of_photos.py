"""Memory of photos in a server: refused where there is too little, held until the answer is taken."""

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


PHOTO = images.png(images.gradient())
WORKING = FakeModels.working_bytes


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


def test_a_refused_photo_counts_itself_in_the_time_to_wait(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        short_of_memory(server, 1)
        server.app.state.service.admission._seconds_per_photo = 12.0
        assert server.enhance(PHOTO).headers["retry-after"] == "24"


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
