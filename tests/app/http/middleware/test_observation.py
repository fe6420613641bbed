"""Every request is counted and logged once, however it ends, and each log line carries its id."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.application import create_app
from app.http.middleware.observation import ObservationMiddleware
from app.observe.telemetry import Telemetry
from app.observe.tracing import Tracing
from app.settings import Settings
from tests import images
from tests.app import samples
from tests.app.exposition import Metrics, counted
from tests.app.fakes import FakeModels
from tests.app.server import BOUNDARY, ENHANCE, LIVE, MULTIPART, eventually, head_of, serving

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def telemetry() -> Telemetry:
    found: Telemetry = create_app(Settings(models="embedded", device="cpu")).state.telemetry
    return found


@pytest.fixture
def request_lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """The log lines of requests, each with its level."""
    caplog.set_level("DEBUG", "likeness")

    def found() -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.name == "likeness.requests"]
        return [dict(vars(record)) for record in records]

    return found


def observed(telemetry: Telemetry, app: ASGIApp, *received: Message, send: Send | None = None) -> dict[str, float]:
    """Call the app as ASGI; the number of requests that were counted, by status."""

    async def call() -> None:
        scope = {"type": "http", "method": "POST", "path": "/photo", "headers": [], "query_string": b"canary"}
        messages = iter(received)

        async def receive() -> Message:
            return next(messages)

        async def ignore(message: Message) -> None:
            pass

        middleware = ObservationMiddleware(app, telemetry=telemetry, tracing=Tracing(), routes=frozenset({"/photo"}))
        await middleware(scope, receive, send or ignore)

    def counts() -> dict[str, float]:
        metrics = Metrics(telemetry.exposition().decode())
        name = "likeness_requests_total"
        return {status: metrics(name, status=status, route="/photo") for status in metrics.labels(name, "status")}

    before = counts()
    with suppress(RuntimeError, OSError, asyncio.CancelledError):
        asyncio.run(call())
    return {
        status: count - before.get(status, 0) for status, count in counts().items() if count > before.get(status, 0)
    }


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("four")(scope, receive, send)


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 400 if the client disconnects, as the form parser does, which takes this for a malformed form."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    await PlainTextResponse("", 200 if message["type"] == "http.request" else 400)(scope, receive, send)


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError


async def fails_later(scope: Scope, receive: Receive, send: Send) -> None:
    await answers(scope, receive, send)
    raise RuntimeError


async def waits(scope: Scope, receive: Receive, send: Send) -> None:
    asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr]
    await asyncio.sleep(60)


async def leaves(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def broken(message: Message) -> None:
    raise OSError


PART = {"type": "http.request", "body": b"seven b", "more_body": True}
LAST = {"type": "http.request", "body": b"three", "more_body": False}
GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("app", "received", "send", "status", "code"),
    [
        (answers, (), None, 200, None),
        (reads, (PART, LAST), None, 200, None),
        (reads, (PART, GONE), None, 499, "cancelled"),
        (leaves, (GONE,), None, 499, "cancelled"),
        (answers, (), broken, 499, "cancelled"),
        (fails, (), None, 500, "internal_error"),
        (fails_later, (), None, 200, None),
        (waits, (), None, 503, "shutting_down"),
    ],
)
def test_every_request_is_counted_and_logged_once(
    telemetry: Telemetry,
    request_lines: Callable[[], list[dict[str, Any]]],
    app: ASGIApp,
    received: tuple[Message, ...],
    send: Send | None,
    status: int,
    code: str | None,
) -> None:
    assert observed(telemetry, app, *received, send=send) == {str(status): 1}
    (line,) = request_lines()
    assert (line["status"], line.get("code"), line["route"]) == (status, code, "/photo")


def test_the_log_line_has_the_bytes_received_and_sent(
    telemetry: Telemetry, request_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    observed(telemetry, reads, PART, LAST)
    observed(telemetry, answers)
    assert [(line["bytes_in"], line["bytes_out"]) for line in request_lines()] == [(12, 0), (0, 4)]


def test_the_log_line_of_a_photo_has_its_figures(
    fakes: FakeModels, request_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    with serving(fakes, log_level="debug") as server:
        answer = server.enhance(samples.no_face())
        counted(server, "likeness_requests_total", route=ENHANCE)
        (line,) = (line for line in request_lines() if line["route"] == ENHANCE)
    assert (line["message"], line["levelno"]) == ("request", logging.INFO)
    assert (line["method"], line["status"]) == ("POST", 200)
    assert line["bytes_out"] == answer.num_bytes_downloaded
    assert line["bytes_in"] == int(answer.request.headers["content-length"])
    assert line["duration_ms"] > 0
    assert (line["photo_pixels"], line["width"], line["height"]) == (64 * 48, 128, 96)
    assert (line["faces"], line["restored"]) == (1, 1)
    assert line["queue_ms"] >= 0
    assert line["timings_ms"].keys() == answer.json()["data"]["timings_ms"].keys() - {"queue"} | {"answer"}
    assert line["warnings"] == [warning["code"] for warning in answer.json()["data"]["warnings"]]
    assert line["models"] == answer.json()["data"]["models"]


def test_the_log_level_follows_from_route_and_status(
    fakes: FakeModels, request_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    with serving(fakes, log_level="debug", queue_size=0) as server:
        server.client.get("/made-up")
        fakes.restorer.trouble.error = MemoryError()
        server.enhance(samples.no_face())
        fakes.restorer.trouble.error = ValueError()
        server.enhance(samples.no_face())
        server.client.get(LIVE)
        server.client.get("/metrics")
        eventually(lambda: any(line["route"] == "/metrics" for line in request_lines()))
        levels = {(line["route"], line["status"]): line["levelname"] for line in request_lines()}
    assert levels[("unmatched", 404)] == "INFO"
    assert levels[(ENHANCE, 503)] == "WARNING"
    assert levels[(ENHANCE, 500)] == "ERROR"
    assert levels[(LIVE, 200)] == levels[("/metrics", 200)] == "DEBUG"


class Bound(logging.Handler):
    """Keeps the context variables of each log line."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: list[tuple[str, dict[str, Any]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.contexts.append((record.name, structlog.contextvars.get_contextvars()))


def test_every_line_has_the_ids_of_its_request(fakes: FakeModels) -> None:
    bound = Bound()
    logger = logging.getLogger("likeness")
    logger.addHandler(bound)
    try:
        with serving(fakes) as server:
            fakes.restorer.trouble.error = ValueError()
            headers = {"X-Request-ID": "7f3a", "traceparent": f"00-{TRACE}-{PARENT}-00"}
            server.client.post(ENHANCE, files={"file": images.png(images.gradient())}, headers=headers)
            counted(server, "likeness_requests_total", status="500")
    finally:
        logger.removeHandler(bound)
    ids = {"request_id": "7f3a", "trace_id": TRACE, "span_id": PARENT}
    assert bound.contexts == [("likeness", ids), ("likeness.requests", ids)]
    assert structlog.contextvars.get_contextvars() == {}


def test_a_client_that_disconnects_during_the_work_is_counted_as_499(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        fakes.detector.gate.clear()
        calls = fakes.detector.calls
        connection = server.start(ENHANCE, samples.no_face())
        eventually(lambda: fakes.detector.calls > calls)
        connection.close()
        found = counted(server, "likeness_refusals_total", code="cancelled")
        fakes.detector.gate.set()
    assert found("likeness_requests_total", route=ENHANCE, status="499") == 1
    assert found("likeness_requests_total", route=ENHANCE) == 1


def test_a_client_that_disconnects_during_its_upload_is_counted_as_499(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        with server.connect() as connection:
            connection.sendall(head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 1000}))
            connection.sendall(f"--{BOUNDARY}\r\n".encode())
        counted(server, "likeness_requests_total", route=ENHANCE, status="499")
