"""What goes on in the background as long as a process serves or works."""

import asyncio
from abc import ABC, abstractmethod


class Routine(ABC):
    """Goes on from `start` to `stop`. Belongs to one event loop."""

    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        self._task = asyncio.ensure_future(self._go_on())

    async def stop(self) -> None:
        """End, and return when nothing goes on any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    @abstractmethod
    async def _go_on(self) -> None:
        """Do it, again and again, until it is cancelled. What it raises ends it for good."""
