"""`Accept: text/event-stream`: how far a photo is, while it comes about, and then what it came to."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import pytest

from app.http import event_stream
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.events import (
    PHOTO,
    STAGES,
    in_background,
    only,
    positions,
    stream,
    told,
)
from tests.app.server import ENHANCE, UPSCALE, Likeness, eventually, serving


def test_the_way_of_a_photo(likeness: Likeness) -> None:
    events = told(likeness, samples.portrait())
    assert events[0] == ("queued", {"position": 0})
    stages = only(events, "stage")
    assert [stage for stage, _ in groupby(data["stage"] for data in stages)] == STAGES
    for _, found in groupby(stages, lambda data: data["stage"]):
        fractions = [data["fraction"] for data in found]
        assert fractions[0] == 0
        assert fractions == sorted(fractions)
    assert [name for name, _ in events if name not in ("queued", "stage")] == ["result"]
    assert events[-1][0] == "result"


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_the_result_is_the_document(likeness: Likeness, path: str) -> None:
    fields = {"upscale_factor": 1.5, "output_format": "jpeg"}
    (result,) = only(told(likeness, samples.small_face(), path, **fields), "result")
    document = likeness.send(path, samples.small_face(), **fields).json()
    for found in (result, document):
        for name in ("processing_time_ms", "timings_ms"):
            found["data"].pop(name)
    assert result == document


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/event-stream", "text/event-stream; charset=utf-8"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream; charset=utf-8"),
        ("text/event-stream, application/json", "text/event-stream; charset=utf-8"),
        ("application/json, text/event-stream", "application/json"),
        ("*/*, text/event-stream;q=0.9", "application/json"),
        ("image/png, text/event-stream;q=0.9", "image/png"),
        ("text/event-stream;q=0", "application/json"),
    ],
)
def test_by_preference(fakes_server: Likeness, accept: str, media_type: str) -> None:
    response = fakes_server.upscale(PHOTO, accept=accept)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)


def test_fractions_rise_with_the_tiles_and_are_not_too_many(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.upscaler.seconds = 0.005
        start = time.monotonic()
        events = told(server, images.png(images.gradient(160, 120)), UPSCALE)
        seconds = time.monotonic() - start
    fractions = [data["fraction"] for data in only(events, "stage") if data["stage"] == "upscaling"]
    assert fakes.upscaler.tiles > 100
    assert 5 <= len(fractions) <= 20 * seconds + 2
    assert fractions == sorted(set(fractions))
    assert (fractions[0], fractions[-1]) == (0, 1)


def test_events_come_while_it_is_worked_on(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            assert [next(events) for _ in range(3)] == [
                ("queued", {"position": 0}),
                ("stage", {"stage": "decode", "fraction": 0}),
                ("stage", {"stage": "detection", "fraction": 0}),
            ]
            assert server.status()["slots_in_use"] == 1
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"


def test_a_photo_that_waits_moves_up(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4) as server, ThreadPoolExecutor(4) as clients:
        fakes.detector.gate.clear()
        photos = []
        for index in range(4):
            photos.append(in_background(clients, server))
            eventually(lambda index=index: len(positions(photos[index][0])) == 1)
            eventually(lambda index=index: server.status()["queue_length"] == index)
        assert [positions(found) for found, _ in photos] == [[0], [0], [1], [2]]
        fakes.upscaler.seconds = 0.01  # a photo takes longer than the pause between two tellings
        fakes.detector.gate.set()
        events = [answer.result() for _, answer in photos]
    for found, first in zip(map(positions, events), (0, 0, 1, 2), strict=True):
        assert (found[0], found[-1]) == (first, 0)
        assert found == sorted(set(found), reverse=True)
    assert [found[-1][0] for found in events] == ["result"] * 4


def test_one_that_is_decoded_and_waits_says_so(fakes: FakeModels) -> None:
    """Else it would seem to be decoded all the while."""
    with serving(fakes, slots=1, queue_size=2) as server, ThreadPoolExecutor(1) as clients:
        fakes.detector.gate.clear()
        _, first = in_background(clients, server)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        with stream(server) as events:
            assert [next(events) for _ in range(3)] == [
                ("queued", {"position": 0}),
                ("stage", {"stage": "decode", "fraction": 0}),
                ("queued", {"position": 0}),
            ]
            fakes.detector.gate.set()
            assert next(events) == ("stage", {"stage": "detection", "fraction": 0})
            assert list(events)[-1][0] == first.result()[-1][0] == "result"


def test_comments_while_nothing_happens(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SILENCE_S", 0.05)
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            while next(events)[1] != {"stage": "detection", "fraction": 0}:
                continue
            assert [next(events) for _ in range(5)] == [(":", None)] * 5
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"
