"""The events of a job as a WebSocket: what is told, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.http import websocket
from jobs.errors import StoreUnavailable
from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import keeping, over, reached
from tests.app.http.socket_clients import event_of, events_of, followed, new_job, raw
from tests.app.server import Likeness, answer_on, eventually

EVENTS = "/api/v1/jobs/{id}/events"


@pytest.fixture(scope="module")
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, models: FakeModels) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data"), models) as likeness:
        yield likeness


@pytest.fixture
def held(models: FakeModels) -> Iterator[FakeModels]:
    models.detector.gate.clear()
    yield models
    models.detector.gate.set()


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame of a client, masked with zeros."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + bytes(4) + payload


def test_events_tell_the_way_of_a_job(server: Likeness, held: FakeModels) -> None:
    first = new_job(server)
    reached(server, first, ("running",))
    path = new_job(server)
    with followed(server, path) as client:
        assert event_of(client) == ("queued", {"position": 0, "seconds": None})
        held.detector.gate.set()
        seen, code = events_of(client)
    assert code == 1000
    assert [name for name, _ in seen if name not in ("queued", "stage")] == ["result"]
    assert seen[-1] == ("result", server.client.get(path).json())


def test_a_job_that_is_over_tells_its_end(server: Likeness) -> None:
    path = new_job(server, upscale_factor=1)
    done = over(server, path)
    with followed(server, path) as client:
        assert events_of(client) == ([("result", done)], 1000)


def test_a_job_that_fails_ends_with_its_error(server: Likeness) -> None:
    path = new_job(server, face_overrides='{"7": 1}')
    with followed(server, path) as client:
        seen, code = events_of(client)
    name, error = seen[-1]
    assert (name, code) == ("error", 1000)
    assert {key: error[key] for key in ("error", "stage", "code", "status")} == server.client.get(path).json()["error"]


@pytest.mark.parametrize(
    ("method", "end", "code", "status"),
    [("POST", "/cancel", "job_cancelled", 409), ("DELETE", "", "unknown_job", 404)],
)
def test_a_job_that_is_cancelled_or_deleted_ends(
    server: Likeness, held: FakeModels, method: str, end: str, code: str, status: int
) -> None:
    reached(server, new_job(server), ("running",))
    path = new_job(server)
    with followed(server, path) as client:
        assert event_of(client)[0] == "queued"
        server.client.request(method, path + end)
        seen, closed = events_of(client)
    assert closed == 1000
    assert [(name, data["code"], data["status"]) for name, data in seen] == [("error", code, status)]


def test_a_store_that_fails_ends_it_with_1011(
    server: Likeness, held: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise StoreUnavailable("The database does not answer.")

    reached(server, new_job(server), ("running",))
    path = new_job(server)
    monkeypatch.setattr(server.app.state.jobs.store, "position", fail)
    with followed(server, path) as client:
        seen, code = events_of(client)
    assert (seen[0][0], seen[0][1]["code"], seen[0][1]["status"], code) == ("error", "store_unavailable", 503, 1011)


def test_the_request_is_counted_and_logged_when_it_ends(
    server: Likeness, held: FakeModels, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "likeness")
    with followed(server, new_job(server), additional_headers={"X-Request-ID": "mine"}) as client:
        assert client.response is not None
        assert client.response.headers["x-request-id"] == "mine"
        event_of(client)
        time.sleep(0.3)

    def lines() -> list[Any]:
        return [record for record in caplog.records if getattr(record, "route", None) == EVENTS]

    eventually(lines)
    (line,) = lines()
    assert (line.method, line.status) == ("GET", 101)
    assert line.duration_ms >= 300
    assert line.bytes_out > 20
    assert not hasattr(line, "code")
    assert scraped(server)("likeness_requests_total", route=EVENTS, method="GET", status="101") >= 1


def test_a_client_that_leaves_is_forgotten(server: Likeness, held: FakeModels) -> None:
    path = new_job(server)
    watchers, places = server.app.state.jobs.engine._watchers, server.app.state.streams
    with followed(server, path) as client:
        event_of(client)
        assert places._open.total() == 1
    connection = raw(server, path)
    assert connection.recv(12) == b"HTTP/1.1 101"
    connection.close()  # without a word
    eventually(lambda: not watchers.watched and not places._open)


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda client: client.send("hello"), 1003),
        (lambda client: client.send(b"hello"), 1003),
        (lambda client: client.send(["a", "b"]), 1003),
        (lambda client: client.send("x" * 126), 1009),
    ],
)
def test_a_message_of_the_client_closes(
    server: Likeness, held: FakeModels, send: Callable[[Any], None], code: int
) -> None:
    with followed(server, new_job(server)) as client:
        event_of(client)
        send(client)
        assert events_of(client)[1] == code


def test_a_ping_is_answered(server: Likeness, held: FakeModels) -> None:
    with followed(server, new_job(server)) as client:
        for _ in range(20):
            assert client.ping().wait(10)


@pytest.mark.parametrize("sent", [frame(9, bytes(100)) * 1000, b"\x01\x02" * 9, frame(1, bytes(2)) * 50])
def test_a_client_that_floods_or_breaks_the_protocol_is_closed_at_once(
    server: Likeness, held: FakeModels, sent: bytes
) -> None:
    """It reads nothing: what is to be sent to it does not grow."""
    start, connection = time.monotonic(), raw(server, new_job(server))
    connection.sendall(sent)
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    connection.close()
    assert len(received) < 2 * websocket.MAX_HEARD
    assert time.monotonic() - start < websocket.CLOSE_S + 3


def test_a_client_that_does_not_answer_pings_is_cut(
    server: Likeness, held: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "PING_S", 0.1)
    monkeypatch.setattr(websocket, "PONG_S", 0.5)
    connection = raw(server, new_job(server))
    start = time.monotonic()
    with pytest.raises(ConnectionResetError):
        answer_on(connection)
    assert 0.4 < time.monotonic() - start < 10
    assert scraped(server)("likeness_refusals_total", code="ping_unanswered") == 1
    eventually(lambda: not server.app.state.streams._open)


def test_a_client_that_answers_pings_stays(server: Likeness, held: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PING_S", 0.05)
    monkeypatch.setattr(websocket, "PONG_S", 0.5)
    with followed(server, new_job(server)) as client:
        time.sleep(1.5)
        held.detector.gate.set()
        seen, code = events_of(client)
    assert (seen[-1][0], code) == ("result", 1000)


def test_a_client_that_does_not_close_its_side_is_closed(server: Likeness) -> None:
    path = new_job(server, upscale_factor=1)
    over(server, path)
    start = time.monotonic()
    assert answer_on(raw(server, path)).endswith(b"\x88\x02\x03\xe8")  # closed with 1000
    assert time.monotonic() - start < websocket.CLOSE_S + 3


def test_it_ends_with_1001_when_the_server_stops(tmp_path: Path) -> None:
    models, ended = FakeModels(), []
    with keeping(tmp_path, models, grace_s=5) as server:
        models.detector.gate.clear()
        with followed(server, new_job(server)) as client:
            event_of(client)
            stopping = threading.Timer(0.2, setattr, (server.server, "should_exit", True))
            stopping.start()
            start = time.monotonic()
            ended = events_of(client)
            took = time.monotonic() - start
        models.detector.gate.set()
    (name, data), code = ended[0][-1], ended[1]
    assert (name, data["code"], data["status"], code) == ("error", "shutting_down", 503, 1001)
    assert took < 3


def test_a_client_that_does_not_close_its_side_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    models = FakeModels()
    with keeping(tmp_path, models, grace_s=6) as server:
        models.detector.gate.clear()
        connection = raw(server, new_job(server))
        assert connection.recv(12) == b"HTTP/1.1 101"
        start = time.monotonic()
        server.server.should_exit = True
        assert answer_on(connection).endswith(b"\x88\x02\x03\xe9")  # closed with 1001
        assert time.monotonic() - start < websocket.CLOSE_S + 3
        models.detector.gate.set()


def test_many_sockets_at_once(server: Likeness, held: FakeModels) -> None:
    path = new_job(server)
    with ExitStack() as opened:
        clients = [opened.enter_context(followed(server, path)) for _ in range(20)]
        for client in clients:
            event_of(client)
        held.detector.gate.set()
        for client in clients:
            seen, code = events_of(client)
            assert (seen[-1][0], code) == ("result", 1000)
