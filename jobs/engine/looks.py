"""Looks at one job in the table: each serves all that watch the job in this process."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio

from jobs.job import Job
from pipeline.errors import PipelineError


class Looks:
    """Looks at a job when it has changed, and now and then. Belongs to one event loop.

    `begun` counts the looks. `read` asks the table; `pause_s` gives the seconds until the next look without a change.
    """

    def __init__(self, read: Callable[[], Awaitable[Job]], pause_s: Callable[[], float]) -> None:
        self._read, self._pause_s = read, pause_s
        self._hurry = asyncio.Event()
        self._next: asyncio.Task[None] | None = None
        self._latest = 0
        self._seen: Job | Exception | None = None
        self.begun = self.watchers = 0

    async def after(self, number: int) -> tuple[int, Job]:
        """The latest look that began after the one with this number, and its own number; it is waited for.

        Raises what `read` has raised.
        """
        while self._latest <= number or self._seen is None:
            if self._next is None or self._next.done():
                self._next = asyncio.ensure_future(self._look())
            await asyncio.shield(self._next)
        if isinstance(self._seen, Exception):
            raise self._seen
        return self._latest, self._seen

    def hurry(self) -> None:
        """Look at once."""
        self._hurry.set()

    def end(self) -> None:
        """Nobody waits for a look any more."""
        if self._next is not None:
            self._next.cancel()

    async def _look(self) -> None:
        with anyio.move_on_after(self._pause_s()):
            await self._hurry.wait()
        self._hurry.clear()
        self.begun = number = self.begun + 1
        try:
            self._seen = await self._read()
        except PipelineError as error:
            self._seen = error
        self._latest = number
