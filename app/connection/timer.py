"""A timeout that can be stopped and started again."""

import asyncio
from collections.abc import Callable


class Timer:
    """At most one pending call in an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        """Whether a call is pending."""
        return self._handle is not None

    def start(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` in so many seconds, instead of whatever was pending."""
        self.stop()
        self._handle = self._loop.call_later(seconds, self._fire, callback)

    def stop(self) -> None:
        """Forget the pending call."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _fire(self, callback: Callable[[], None]) -> None:
        self._handle = None
        callback()
