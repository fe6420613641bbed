"""Event streams of photos that wait in the queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from tests.app.fakes import FakeModels
from tests.app.http.event_clients import Event, in_background, only, stream
from tests.app.server import eventually, serving


def positions(events: list[Event]) -> list[int]:
    """The positions in the queue, without repetitions."""
    return [position for position, _ in groupby(data["position"] for data in only(events, "queued"))]


def test_a_waiting_photo_moves_up_in_the_queue(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=4) as server, ThreadPoolExecutor(4) as clients:
        fakes.detector.gate.clear()
        photos = []
        for index in range(4):
            photos.append(in_background(clients, server))
            eventually(lambda index=index: len(positions(photos[index][0])) == 1)
            eventually(lambda index=index: server.status()["queue_length"] == index)
        assert [positions(found) for found, _ in photos] == [[0], [0], [1], [2]]
        fakes.upscaler.seconds = 0.01  # a photo takes longer than the pause between two events
        fakes.detector.gate.set()
        events = [answer.result() for _, answer in photos]
    for found, first in zip(map(positions, events), (0, 0, 1, 2), strict=True):
        assert (found[0], found[-1]) == (first, 0)
        assert found == sorted(set(found), reverse=True)
    assert [found[-1][0] for found in events] == ["result"] * 4


def test_a_waiting_photo_is_told_how_long_the_one_before_it_takes(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=2) as server, ThreadPoolExecutor(2) as clients:
        fakes.detector.gate.clear()
        first, one = in_background(clients, server)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        found, other = in_background(clients, server)
        eventually(lambda: only(found, "queued"))
        assert only(found, "queued")[0] == {"position": 0, "seconds": None}  # no photo was on the device until now
        fakes.upscaler.seconds = 0.02
        fakes.detector.gate.set()
        assert one.result()[-1][0] == other.result()[-1][0] == "result"
    assert only(first, "queued") == [{"position": 0, "seconds": 0.0}]
    told = [data["seconds"] for data in only(found, "queued")]
    assert told[-1] is not None
    assert told[-1] >= 0


def test_a_decoded_photo_that_waits_is_queued_again(fakes: FakeModels) -> None:
    """Without that event it would appear to be decoding until detection starts."""
    with serving(fakes, slots=1, queue_size=2) as server, ThreadPoolExecutor(1) as clients:
        fakes.detector.gate.clear()
        _, first = in_background(clients, server)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        with stream(server) as events:
            assert [next(events) for _ in range(3)] == [
                ("queued", {"position": 0, "seconds": None}),
                ("stage", {"stage": "decode", "fraction": 0}),
                ("queued", {"position": 0, "seconds": None}),
            ]
            fakes.detector.gate.set()
            following = list(events)  # its wait is told again once the first photo has a plan
            assert next(event for event in following if event[0] != "queued") == (
                "stage",
                {"stage": "detection", "fraction": 0},
            )
            assert following[-1][0] == first.result()[-1][0] == "result"
