"""Clients that ask for a photo as `text/event-stream`, over HTTP and as ASGI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from starlette.types import Message

from app.http.schemas.answers import EnhanceResponse, ErrorEvent, PlanEvent, QueuedEvent, SendingEvent, StageEvent
from tests import images
from tests.app.server import ENHANCE, Likeness

EVENTS = "text/event-stream"
PHOTO = images.png(images.gradient())
SHAPES = {
    "queued": QueuedEvent,
    "plan": PlanEvent,
    "stage": StageEvent,
    "sending": SendingEvent,
    "result": EnhanceResponse,
    "error": ErrorEvent,
}

Event = tuple[str, Any]


@contextmanager
def stream(
    server: Likeness, file: bytes = PHOTO, path: str = ENHANCE, headers: dict[str, str] | None = None, **fields: object
) -> Iterator[Iterator[Event]]:
    """The events of a photo, as they arrive. Leaving the context early disconnects the client."""
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
    """Names and data as a browser would parse them; a comment has the name ":"."""
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


def all_events(server: Likeness, file: bytes = PHOTO, path: str = ENHANCE, **fields: object) -> list[Event]:
    """All events of a photo."""
    with stream(server, file, path, **fields) as events:
        return list(events)


def in_background(clients: ThreadPoolExecutor, server: Likeness) -> tuple[list[Event], Any]:
    """Send a photo in a thread: the list that its events are appended to, and the future of all of them."""
    found: list[Event] = []

    def follow() -> list[Event]:
        with stream(server) as events:
            found.extend(events)
        return found

    return found, clients.submit(follow)


def only(events: list[Event], name: str) -> list[Any]:
    return [data for found, data in events if found == name]


class AsgiClient:
    """An ASGI client that takes messages once its gate is set."""

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
