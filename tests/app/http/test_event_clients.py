"""Clients that leave or read slowly, and what an operator sees of a stream of events."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from starlette.types import Message

from app.http import event_stream
from app.http.event_stream import EventStream
from app.http.schemas.server import Liveness
from app.observe.request_record import RequestRecord
from app.work.memory import Ledger
from app.work.progress import Progress
from app.work.service import Answer
from tests import images
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.events import (
    SHAPES,
    Event,
    events_in,
    in_background,
    stream,
    told,
)
from tests.app.server import ENHANCE, MULTIPART, UPSCALE, Likeness, eventually, form_body, head_of, serving


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
