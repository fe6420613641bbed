"""`Accept: text/event-stream`: how far a photo is, while it comes about, and then what it came to."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.types import Message

from app.http import event_stream
from app.http.event_stream import EventStream
from app.http.schemas.answers import EnhanceResponse, ErrorEvent, QueuedEvent, StageEvent
from app.http.schemas.server import Liveness
from app.observe.request_record import RequestRecord
from app.work.errors import Overloaded
from app.work.memory import Ledger
from app.work.progress import Progress
from app.work.service import Answer
from pipeline.errors import DeviceFailed
from tests import images
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, MULTIPART, UPSCALE, Likeness, eventually, form_body, head_of, serving

EVENTS = "text/event-stream"
PHOTO = images.png(images.gradient())
SHAPES = {"queued": QueuedEvent, "stage": StageEvent, "result": EnhanceResponse, "error": ErrorEvent}
# The likeness is looked after before the faces are pasted, and measured in the finished picture.
STAGES = ["decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "identity", "metrics"]
STAGES += ["encode", "answer"]

Event = tuple[str, Any]


@contextmanager
def stream(
    server: Likeness, file: bytes = PHOTO, path: str = ENHANCE, headers: dict[str, str] | None = None, **fields: object
) -> Iterator[Iterator[Event]]:
    """The events of a photo, as they come. Leaving early is the client going away."""
    with server.client.stream(
        "POST", path, files={"file": file}, data=fields, headers={"Accept": EVENTS, **(headers or {})}
    ) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert "content-length" not in response.headers
        yield events_in(response.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[Event]:
    """Names and data as a browser's parser would tell them; a comment has the name ":"."""
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if line.startswith(":"):
            yield ":", None
        elif field == "event":
            name = value
        elif field == "data":
            SHAPES[name].model_validate_json(value, strict=True)
            yield name, json.loads(value)
        else:
            assert line == ""


def told(server: Likeness, file: bytes = PHOTO, path: str = ENHANCE, **fields: object) -> list[Event]:
    """All events of a photo."""
    with stream(server, file, path, **fields) as events:
        return list(events)


def in_background(clients: ThreadPoolExecutor, server: Likeness) -> tuple[list[Event], Any]:
    """The events of another photo, as they come, and its future."""
    found: list[Event] = []

    def follow() -> list[Event]:
        with stream(server) as events:
            found.extend(events)
        return found

    return found, clients.submit(follow)


def only(events: list[Event], name: str) -> list[Any]:
    return [data for found, data in events if found == name]


def positions(events: list[Event]) -> list[int]:
    """Each once, as long as it lasts."""
    return [position for position, _ in groupby(data["position"] for data in only(events, "queued"))]


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


@pytest.fixture(scope="module")
def fakes_server() -> Iterator[Likeness]:
    with serving(FakeModels()) as server:
        yield server


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


# What goes wrong


def assert_like(event: Event, plain: httpx.Response) -> None:
    """It says what the plain answer says."""
    name, data = event
    assert name == "error"
    retry_after = plain.headers.get("retry-after")
    expected = plain.json() | {
        "request_id": data["request_id"],
        "status": plain.status_code,
        "retry_after": None if retry_after is None else int(retry_after),
    }
    assert data == expected


@pytest.mark.parametrize(
    ("file", "status"), [(samples.no_face(), 422), (b"no photo", 415), (images.cut(samples.portrait()), 422)]
)
def test_a_photo_that_cannot_be_done(likeness: Likeness, file: bytes, status: int) -> None:
    events = told(likeness, file)
    plain = likeness.enhance(file)
    assert plain.status_code == status
    assert events[0] == ("queued", {"position": 0})
    assert_like(events[-1], plain)


@pytest.mark.parametrize(
    ("error", "status"),
    [(partial(ValueError, "secret"), 500), (MemoryError, 503), (partial(DeviceFailed, "The device is lost."), 503)],
    ids=["failure", "memory", "device"],
)
def test_a_stage_that_fails(
    fakes: FakeModels, caplog: pytest.LogCaptureFixture, error: Callable[[], Exception], status: int
) -> None:
    with serving(fakes) as server:
        fakes.restorer.trouble.error = error()
        events = told(server, headers={"X-Request-ID": "find-me"})
    data = events[-1][1]
    assert (events[-1][0], data["status"], data["stage"]) == ("error", status, "restoration")
    assert data["request_id"] == "find-me"
    assert (data["retry_after"] is not None) == (status == 503)
    assert "secret" not in str(events)
    assert ("find-me failed at restoration" in caplog.text) == (status == 500)
    assert ("ValueError: secret" in caplog.text) == (status == 500)


def test_what_nobody_foresaw(
    fakes: FakeModels, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    with serving(fakes) as server:
        with monkeypatch.context() as patch:
            patch.setattr("app.work.photo.finish", fail)
            events = told(server)
            assert_like(events[-1], server.enhance(PHOTO))
        assert events[-1][1]["code"] == "internal_error"
        assert caplog.text.count("KeyError: 'secret'") == 2
        assert told(server)[-1][0] == "result"


def test_the_deadline(fakes: FakeModels) -> None:
    with serving(fakes, deadline_s=1) as server:
        fakes.detector.gate.clear()
        start = time.monotonic()
        events = told(server)
        assert 1 <= time.monotonic() - start < 2
        fakes.detector.gate.set()
        data = events[-1][1]
        assert (data["code"], data["stage"], data["status"]) == ("deadline_exceeded", "detection", 504)
        assert data["retry_after"] is None
        eventually(lambda: server.status()["slots_in_use"] == 0)
        counted(server, "likeness_requests_total", route=ENHANCE, status="504")


def test_a_photo_in_flight_is_done_before_the_server_ends(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=30) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            server.server.handle_exit(signal.SIGTERM, None)
            eventually(lambda: not server.accepts())
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"


def test_what_is_not_done_when_the_grace_ends_is_told_so(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=1) as server, ThreadPoolExecutor(3) as clients:
        fakes.detector.gate.clear()
        photos = [in_background(clients, server) for _ in range(3)]
        eventually(lambda: all(found for found, _ in photos))
        server.server.handle_exit(signal.SIGTERM, None)
        for _, answer in photos:
            name, data = answer.result()[-1]
            assert (name, data["code"], data["status"], data["retry_after"]) == ("error", "shutting_down", 503, 2)
        fakes.detector.gate.set()


# What is refused before it has a place


def test_a_full_house_answers_plainly(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=0) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            response = server.enhance(PHOTO, accept=EVENTS)
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"
    assert_plain(response, 503, "overloaded")
    assert 1 <= int(response.headers["retry-after"]) <= 120


def test_so_does_one_that_has_filled_up_during_the_upload(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([None, Overloaded(3)])

    def check() -> None:
        if (error := next(answers)) is not None:
            raise error

    with serving(fakes) as server:
        monkeypatch.setattr(server.app.state.service.admission, "check", check)
        response = server.enhance(PHOTO, accept=EVENTS)
        assert_plain(response, 503, "overloaded")
        assert response.headers["retry-after"] == "3"
        counted(server, "likeness_requests_total", route=ENHANCE, status="503")


@pytest.mark.parametrize(
    ("fields", "status", "code"), [({"strength": 7}, 422, "bad_parameter"), ({"upscaler": "x9"}, 422, "bad_parameter")]
)
def test_a_wrong_form_is_answered_plainly(
    fakes_server: Likeness, fields: dict[str, object], status: int, code: str
) -> None:
    assert_plain(fakes_server.enhance(PHOTO, accept=EVENTS, **fields), status, code)


def assert_plain(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json()["code"] == code


# Clients that go away, or are slow


def test_a_client_that_leaves_the_queue(fakes: FakeModels) -> None:
    with serving(fakes, slots=1, queue_size=2) as server, ThreadPoolExecutor(1) as clients:
        fakes.detector.gate.clear()
        _, first = in_background(clients, server)
        eventually(lambda: server.status()["slots_in_use"] == 1)
        with stream(server) as events:
            next(events)
            eventually(lambda: server.status()["queue_length"] == 1)
        eventually(lambda: server.status()["queue_length"] == 0)
        found = counted(server, "likeness_requests_total", route=ENHANCE, status="499")
        assert found("likeness_refusals_total", code="cancelled") == 1
        fakes.detector.gate.set()
        assert first.result()[-1][0] == "result"


def test_a_client_that_leaves_during_the_work(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "likeness.requests")
    with serving(fakes, log_level="info") as server:
        fakes.upscaler.tiles, fakes.upscaler.seconds = 0, 0.02
        with stream(server, images.png(images.gradient(512, 512)), UPSCALE) as events:
            while next(events)[1].get("fraction", 0) == 0:
                continue
        eventually(lambda: server.status()["slots_in_use"] == 0)
        assert fakes.upscaler.tiles < 1000, "it went on to the end"
        counted(server, "likeness_requests_total", route=UPSCALE, status="499")
        fakes.upscaler.seconds = 0
        assert told(server, path=UPSCALE)[-1][0] == "result"
    line, _ = (vars(record) for record in caplog.records if getattr(record, "route", "") == UPSCALE)
    assert (line["status"], line["code"], line["stage"]) == (499, "cancelled", "upscaling")


def test_a_client_that_reads_late_gets_everything(fakes: FakeModels) -> None:
    noise = images.png(np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), dtype=np.uint8))
    with serving(fakes) as server, stream(server, noise, UPSCALE, background="resample", metrics=False) as events:
        service = server.app.state.service
        eventually(lambda: service.memory.reserved > len(noise) and service.admission.inside == 0)
        time.sleep(0.1)
        name, document = list(events)[-1]
    assert name == "result"
    assert samples.picture_in(document["data"]).size == (2000, 2000)


# As ASGI


class Client:
    """Takes messages while its gate is open."""

    def __init__(self) -> None:
        self.gate, self.began = asyncio.Event(), asyncio.Event()
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        await self.gate.wait()
        self.messages.append(message)
        self.began.set()

    async def receive(self) -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    def events(self) -> list[Event]:
        body = b"".join(message["body"] for message in self.messages[1:])
        return list(events_in(iter(body.decode().split("\n"))))


def test_what_a_slow_client_did_not_take_is_told_in_its_newest_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PAUSE_S", 0)
    body = json.dumps({"status": "alive"}).encode()
    monkeypatch.setitem(SHAPES, "result", Liveness)  # a short one

    async def call() -> tuple[list[Event], int]:
        progress, client, ledger = Progress(), Client(), Ledger()
        done = asyncio.Event()

        async def work() -> Answer:
            progress.moved(0)
            for tile in range(1000):
                await asyncio.sleep(0)
                progress.reached("upscaling", tile / 1000)
            progress.reached("encode", 0.0)
            done.set()
            return Answer(body, samples.report(), 1)

        stream = EventStream(work(), progress, ledger=ledger)
        calling = asyncio.ensure_future(stream({}, client.receive, client.send))
        await done.wait()
        await asyncio.sleep(0.01)
        held = ledger.reserved
        client.gate.set()
        await calling
        assert ledger.reserved == 0
        return client.events(), held

    events, held = asyncio.run(call())
    assert events == [
        ("queued", {"position": 0}),
        ("stage", {"stage": "upscaling", "fraction": 0}),
        ("stage", {"stage": "upscaling", "fraction": 0.999}),
        ("stage", {"stage": "encode", "fraction": 0}),
        ("result", {"status": "alive"}),
    ]
    assert held == len(body), "the document waits, and nobody knows of its memory"


def test_a_server_whose_patience_is_over() -> None:
    """It cancels what is left; nobody is told, but it is counted for what it is."""

    async def call() -> tuple[RequestRecord, bool]:
        progress, client, stopped = Progress(), Client(), threading.Event()
        client.gate.set()
        record = RequestRecord()

        async def work() -> Answer:
            progress.moved(0)
            try:
                await asyncio.sleep(60)
            finally:
                stopped.set()
            raise AssertionError

        stream = EventStream(work(), progress, ledger=Ledger())
        calling = asyncio.ensure_future(stream({"record": record}, client.receive, client.send))
        await client.began.wait()
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
        return record, stopped.is_set()

    record, stopped = asyncio.run(call())
    assert record == RequestRecord(stream_status=503, code="shutting_down")
    assert stopped


# What an operator sees


def test_metrics_and_log_say_what_became_of_the_photo(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "likeness.requests")
    with serving(fakes, log_level="info") as server:
        told(server)
        fakes.restorer.trouble.error = MemoryError()
        told(server)
        found = counted(server, "likeness_requests_total", route=ENHANCE, status="503")
    assert found("likeness_requests_total", route=ENHANCE, status="200") == 1
    assert found("likeness_refusals_total", code="out_of_memory") == 1
    assert found("likeness_out_of_memory_total", outcome="refused") == 1
    assert found("likeness_faces_total", action="restored") == 1
    assert found("likeness_queue_wait_seconds_count") == 2
    done, failed = (vars(record) for record in caplog.records if getattr(record, "route", "") == ENHANCE)
    assert (done["status"], done["faces"], done["levelno"]) == (200, 1, logging.INFO)
    assert "answer" in done["timings_ms"]
    assert (failed["status"], failed["code"], failed["stage"]) == (503, "out_of_memory", "restoration")
    assert failed["levelno"] == logging.WARNING
    assert failed["bytes_out"] > 100


def test_an_old_protocol_gets_the_document(fakes_server: Likeness) -> None:
    """It has no way to send an answer in pieces, of which uvicorn would send the sizes along."""
    body = form_body({"file": samples.small_face()})
    headers = {"Content-Type": MULTIPART, "Content-Length": len(body), "Accept": "text/event-stream"}
    with fakes_server.connect() as connection:
        connection.sendall(head_of(ENHANCE, headers).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, document = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head
    assert json.loads(document)["status"] == "success"
