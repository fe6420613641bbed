"""Uploads on their way in: bounded in time each, and in memory together."""

from __future__ import annotations

import time

import anyio
from starlette.types import Message, Receive

from app.http.refusals import UploadTooSlow
from app.work.errors import Overloaded

RETRY_AFTER = 5  # seconds, where there is no memory for another upload


class Arrivals:
    """All uploads that are still arriving. Belongs to one event loop.

    Together they hold at most `max_bytes`. When one more would not fit, the upload that has stood still for longest
    makes way: clients that stall do not keep out those that send.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._total = 0
        self._uploads: dict[Arrival, None] = {}  # those that have lately moved last

    def grown(self, upload: Arrival, size: int) -> None:
        """`upload` has got `size` bytes more. Raises `Overloaded` where nobody can make way."""
        self._uploads.pop(upload, None)
        self._uploads[upload] = None
        upload.bytes += size
        self._total += size
        while self._total > self._max_bytes:
            stalled = next(iter(self._uploads))
            self.ended(stalled)
            if stalled is upload:
                raise Overloaded(RETRY_AFTER)
            stalled.stop()

    def ended(self, upload: Arrival) -> None:
        """`upload` is whole, or given up: others count from now on. May be said again."""
        if upload in self._uploads:
            del self._uploads[upload]
            self._total -= upload.bytes


class Arrival:
    """One upload, to be whole by `late` (`time.monotonic()`), `allowed_s` after it began."""

    def __init__(self, arrivals: Arrivals, late: float, allowed_s: float) -> None:
        self.bytes = 0
        self._arrivals = arrivals
        self._late = late
        self._allowed_s = allowed_s
        self._waiting = anyio.CancelScope()
        self._stopped = False
        self._whole = False

    def stop(self) -> None:
        """End the upload: its next message is `Overloaded`, also if it is being waited for."""
        self._stopped = True
        self._waiting.cancel()

    async def message(self, receive: Receive) -> Message:
        """The next message. Raises `UploadTooSlow` and `Overloaded`."""
        if self._whole:
            return await receive()  # nothing more is to come but the news that the client has gone
        with anyio.move_on_after(max(0.0, self._late - time.monotonic())) as self._waiting:
            message = await receive()
        if self._stopped:
            raise Overloaded(RETRY_AFTER)
        if self._waiting.cancelled_caught:
            raise UploadTooSlow(self._allowed_s)
        self._arrivals.grown(self, len(message.get("body", b"")))
        if not message.get("more_body", False):
            self._whole = True
            self._arrivals.ended(self)
        return message
