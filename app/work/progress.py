"""How far a photo is: told by its working thread, taken up by the event loop as fast as its client reads."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any, TypeAlias

import anyio

from app.http.schemas import QueuedEvent, StageEvent

News: TypeAlias = QueuedEvent | StageEvent


class Progress:
    """What of one photo has not been told yet. Made in the event loop that takes it up.

    Of what was not taken up only the newest is kept: one position, and of each stage that it began and how far it is.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._lock = threading.Lock()
        self._news: dict[object, News] = {}
        self._stage, self._fraction = "", 0.0
        self._ended = False

    def moved(self, position: int) -> None:
        """So many photos are to go on the device before this one."""
        self._add("position", QueuedEvent(position=position))

    def reached(self, stage: str, fraction: float) -> None:
        """So much of a stage is done. May be called by any thread, if by one at a time; never waits."""
        fraction = round(fraction, 3)
        begins = stage != self._stage
        if begins or fraction > self._fraction:
            self._stage, self._fraction = stage, fraction
            self._add((stage, begins), StageEvent(stage=stage, fraction=fraction))

    def end(self, _: asyncio.Future[Any] | None = None) -> None:
        """No more is to come. Called in the event loop."""
        self._ended = True
        self._changed.set()

    async def news(self, within: float | None) -> list[News]:
        """What is to be told, in its order, as soon as there is something; nothing at the end, or after so many
        seconds without any.
        """
        with anyio.move_on_after(within):
            while not (self._news or self._ended):
                await self._changed.wait()
                self._changed.clear()
        with self._lock:
            news, self._news = list(self._news.values()), {}
        return news

    def _add(self, kind: object, event: News) -> None:
        with self._lock:
            is_first = not self._news
            self._news.pop(kind, None)  # what is newer also comes later
            self._news[kind] = event
        if is_first:
            with suppress(RuntimeError):  # the loop has ended, and nobody asks any more
                self._loop.call_soon_threadsafe(self._changed.set)
