"""How far a photo is: reported by its thread, read by the event loop at the speed of its client."""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio


@dataclass(frozen=True, slots=True)
class Queued:
    """`position` photos go on the device before this one, in about so many seconds; None: unknown."""

    position: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class StageReached:
    """`fraction` (0 to 1) of a stage is done."""

    stage: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Planned:
    """The faces are known, and so what is left to do: the `seconds` of all stages, and of each."""

    seconds: float
    stages_s: Mapping[str, float]


News: TypeAlias = Queued | StageReached | Planned


class Progress:
    """The news of one photo that its client has not been sent yet. Created in the event loop that reads them.
    Newer news replace unread ones of their kind: the position, and for each stage its beginning and its fraction.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._lock = threading.Lock()
        self._news: dict[object, News] = {}
        self._stage, self._fraction = "", 0.0
        self._ended = False

    def moved(self, position: int, seconds: float | None = None) -> None:
        """The photo has another place in the queue, or waits longer or shorter than was thought."""
        self._add("position", Queued(position, None if seconds is None else round(seconds, 1)))

    def reached(self, stage: str, fraction: float) -> None:
        """A part of a stage is done. Any thread may call this, one at a time; it never waits."""
        fraction = round(fraction, 3)
        begins = stage != self._stage
        if begins or fraction > self._fraction:
            self._stage, self._fraction = stage, fraction
            self._add((stage, begins), StageReached(stage, fraction))

    def planned(self, stages_s: Mapping[str, float]) -> None:
        """What the stages are to take. Any thread may call this."""
        self._add("plan", Planned(round(sum(stages_s.values()), 2), stages_s))

    def end(self, _: asyncio.Future[Any] | None = None) -> None:
        """There will be no more news. Called in the event loop."""
        self._ended = True
        self._changed.set()

    async def news(self, within: float | None) -> list[News]:
        """The unread news as soon as there are any; none after `end` or `within` so many seconds (None: no limit)."""
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
            self._news.pop(kind, None)  # newer news move to the end
            self._news[kind] = event
        if is_first:
            with suppress(RuntimeError):  # the loop has ended: nobody reads any more
                self._loop.call_soon_threadsafe(self._changed.set)
