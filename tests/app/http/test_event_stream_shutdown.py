"""Event streams while the server shuts down."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from app.http.answer_memory import AnswerMemory
from app.http.event_stream import EventStream
from app.observe.request_record import RequestRecord
from app.work.memory import Ledger
from app.work.progress import Progress
from app.work.service import Answer
from tests.app.fakes import FakeModels
from tests.app.http.event_clients import AsgiClient, in_background, stream
from tests.app.server import eventually, serving


def test_a_photo_in_flight_is_finished_before_the_server_exits(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=30) as server:
        fakes.detector.gate.clear()
        with stream(server) as events:
            next(events)
            server.server.handle_exit(signal.SIGTERM, None)
            eventually(lambda: not server.accepts())
            fakes.detector.gate.set()
            assert list(events)[-1][0] == "result"


def test_unfinished_photos_get_an_error_event_when_the_grace_period_ends(fakes: FakeModels) -> None:
    with serving(fakes, drain_s=0, grace_s=1) as server, ThreadPoolExecutor(3) as clients:
        fakes.detector.gate.clear()
        photos = [in_background(clients, server) for _ in range(3)]
        eventually(lambda: all(found for found, _ in photos))
        server.server.handle_exit(signal.SIGTERM, None)
        for _, answer in photos:
            name, data = answer.result()[-1]
            assert (name, data["code"], data["status"], data["retry_after"]) == ("error", "shutting_down", 503, 2)
        fakes.detector.gate.set()


def test_a_cancelled_stream_stops_its_work_and_is_recorded_as_shutting_down() -> None:
    """uvicorn cancels requests that outlast its shutdown timeout: no event is sent, but the request record has 503."""

    async def call() -> tuple[RequestRecord, bool]:
        progress, client, stopped = Progress(), AsgiClient(), threading.Event()
        client.gate.set()
        record = RequestRecord()

        async def work() -> Answer:
            progress.moved(0)
            try:
                await asyncio.sleep(60)
            finally:
                stopped.set()
            raise AssertionError

        stream = EventStream(work(), progress, answers=AnswerMemory(0, Ledger()))
        calling = asyncio.ensure_future(stream({"record": record}, client.receive, client.send))
        await client.began.wait()
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
        return record, stopped.is_set()

    record, stopped = asyncio.run(call())
    assert record == RequestRecord(stream_status=503, code="shutting_down")
    assert stopped
