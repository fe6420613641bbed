"""Server-sent events of a photo, read as they come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from app.http.schemas.answers import EnhanceResponse, ErrorEvent, QueuedEvent, StageEvent
from tests import images
from tests.app.server import ENHANCE, Likeness

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
