"""Event streams to clients that disconnect or read slowly."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.http import event_stream
from app.http.answer_memory import AnswerMemory
from app.http.event_stream import EventStream
from app.http.schemas.state import Liveness
from app.work.memory import Ledger
from app.work.progress import Progress
from app.work.service import Answer
from tests import images
from tests.app import samples
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import SHAPES, AsgiClient, Event, all_events, in_background, stream
from tests.app.server import ENHANCE, UPSCALE, eventually, serving


def test_a_client_that_disconnects_while_queued_leaves_the_queue(fakes: FakeModels) -> None:
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


def test_a_client_that_disconnects_during_the_work_stops_it(
    fakes: FakeModels, caplog: pytest.LogCaptureFixture
) -> None:
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
        assert all_events(server, path=UPSCALE)[-1][0] == "result"
    line, _ = (vars(record) for record in caplog.records if getattr(record, "route", "") == UPSCALE)
    assert (line["status"], line["code"], line["stage"]) == (499, "cancelled", "upscaling")


def test_a_client_that_reads_late_gets_the_whole_result(fakes: FakeModels) -> None:
    noise = images.png(np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), dtype=np.uint8))
    with serving(fakes) as server, stream(server, noise, UPSCALE, background="resample", metrics=False) as events:
        service = server.app.state.service
        eventually(lambda: service.memory.reserved > len(noise) and service.admission.inside == 0)
        time.sleep(0.1)
        name, document = list(events)[-1]
    assert name == "result"
    assert samples.picture_in(document["data"]).size == (2000, 2000)


def test_a_slow_client_skips_outdated_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PAUSE_S", 0)
    body = json.dumps({"status": "alive"}).encode()
    monkeypatch.setitem(SHAPES, "result", Liveness)  # a short one

    async def call() -> tuple[list[Event], int]:
        progress, client, ledger = Progress(), AsgiClient(), Ledger()
        done = asyncio.Event()

        async def work() -> Answer:
            progress.moved(0)
            for tile in range(1000):
                await asyncio.sleep(0)
                progress.reached("upscaling", tile / 1000)
            progress.reached("encode", 0.0)
            done.set()
            return Answer(body, samples.report(), 1)

        stream = EventStream(work(), progress, answers=AnswerMemory(len(body), ledger))
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
        ("queued", {"position": 0, "seconds": None}),
        ("stage", {"stage": "upscaling", "fraction": 0}),
        ("stage", {"stage": "upscaling", "fraction": 0.999}),
        ("stage", {"stage": "encode", "fraction": 0}),
        ("sending", {"bytes": len(body)}),
        ("result", {"status": "alive"}),
    ]
    assert held == len(body), "the memory of the waiting document is not in the ledger"
