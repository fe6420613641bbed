"""What is raised after an answer has begun, and what a client gets that was still sending when the grace ended."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.middleware.faults import FaultsMiddleware
from app.observe.request_record import record_of
from jobs.errors import StoreUnavailable

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def called(app: ASGIApp, scope: Scope) -> list[Message]:
    """The messages that a client gets."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(FaultsMiddleware(app)({"type": "http", "method": "GET", "path": "/", **scope}, receive, send))
    return sent


async def goes_wrong(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    try:
        raise StoreUnavailable("The object store does not answer.")
    except StoreUnavailable as error:  # as Starlette does
        raise RuntimeError("Caught handled exception, but response already started.") from error


async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    raise RuntimeError("a fault of the program")


async def waits(scope: Scope, receive: Receive, send: Send) -> None:
    asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr]
    await asyncio.sleep(60)


async def waits_later(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await waits(scope, receive, send)


def test_an_answer_that_cannot_go_on_is_cut() -> None:
    cut: list[tuple[str, str]] = []
    scope: dict[str, Any] = {"cut": lambda code, reason: cut.append((code, reason))}
    record = record_of(scope)
    assert called(goes_wrong, scope) == [START]
    assert cut == [("store_unavailable", "its answer could not go on: The object store does not answer.")]
    assert (record.code, record.stage) == ("store_unavailable", "store")


@pytest.mark.parametrize(
    ("app", "scope", "error"),
    [
        (goes_wrong, {}, RuntimeError),  # a server that cannot cut
        (breaks, {"cut": pytest.fail}, RuntimeError),
        (waits_later, {"cut": pytest.fail}, asyncio.CancelledError),
    ],
)
def test_other_errors_of_an_answer_that_has_begun_are_the_servers(
    app: ASGIApp, scope: Scope, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        called(app, scope)


def test_a_task_that_is_cancelled_answers_that_the_server_stops() -> None:
    start, body = called(waits, {"request_id": "r"})
    assert start["status"] == 503
    assert (b"connection", b"close") in start["headers"]
    assert {**json.loads(body["body"]), "error": ""} == {
        "error": "",
        "stage": "shutdown",
        "code": "shutting_down",
        "request_id": "r",
    }
