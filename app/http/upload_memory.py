"""Limits for photos that are still arriving: a time for each body, and a memory for all of them together."""

import time
from collections.abc import Awaitable, Callable

import anyio
from starlette.types import Message, Receive

from app.http.refusals import UploadTooSlow
from app.work.errors import Overloaded

RETRY_AFTER = 5  # seconds, where there is no memory for another upload


class UploadMemory:
    """The memory that all arriving uploads share, at most `max_bytes`. Belongs to one event loop.

    When the next bytes would exceed it, the upload that has been idle longest is ended, so that a stalled upload does
    not keep others out.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._total = 0
        self._uploads: dict[Arriving, None] = {}  # in order of their last message, the latest at the end

    def add(self, upload: "Arriving", size: int) -> None:
        """`upload` has received `size` more bytes. Raises `Overloaded` if it is itself the one to be ended."""
        self._uploads.pop(upload, None)
        self._uploads[upload] = None
        upload.bytes += size
        self._total += size
        while self._total > self._max_bytes:
            stalled = next(iter(self._uploads))
            self.release(stalled)
            if stalled is upload:
                raise Overloaded(RETRY_AFTER)
            stalled.stop()

    def pass_on(self, upload: "Arriving", size: int) -> None:
        """So many bytes of `upload`, which goes on, are stored elsewhere: they no longer count."""
        if upload in self._uploads:
            upload.bytes -= size
            self._total -= size

    def release(self, upload: "Arriving") -> None:
        """`upload` is complete or has ended: it no longer counts. Does nothing the second time."""
        if upload in self._uploads:
            del self._uploads[upload]
            self._total -= upload.bytes


class Arriving:
    """What is counted in the memory of uploads: `bytes` have come so far."""

    def __init__(self, memory: UploadMemory) -> None:
        self.bytes = 0
        self._memory, self._waiting, self._stopped = memory, anyio.CancelScope(), False

    def stop(self) -> None:
        """End the upload: whoever waits for more of it, or asks for it later, gets `Overloaded`."""
        self._stopped = True
        self._waiting.cancel()


class Upload(Arriving):
    """One arriving body, which must be complete at `deadline` (`time.monotonic()`), `allowed_s` after it began."""

    def __init__(self, memory: UploadMemory, deadline: float, allowed_s: float) -> None:
        super().__init__(memory)
        self._deadline, self._allowed_s = deadline, allowed_s
        self.is_complete = False

    def pass_on(self, size: int) -> None:
        """So many bytes are stored elsewhere, while more are still to come."""
        self._memory.pass_on(self, size)

    async def message(self, receive: Receive) -> Message:
        """The next message. Raises `UploadTooSlow` and `Overloaded`."""
        if self.is_complete:
            return await receive()  # only the message that the client has disconnected can follow
        if self._stopped:  # while what had come was stored, when nobody waited for more
            raise Overloaded(RETRY_AFTER)
        with anyio.move_on_after(max(0.0, self._deadline - time.monotonic())) as self._waiting:
            message = await receive()
        if self._stopped:
            raise Overloaded(RETRY_AFTER)
        if self._waiting.cancelled_caught:
            raise UploadTooSlow(self._allowed_s)
        self._memory.add(self, len(message.get("body", b"")))
        if not message.get("more_body", False):
            self.is_complete = True
            self._memory.release(self)
        return message


class Download(Arriving):
    """A photo that the server fetches for its client."""

    async def whole(self, fetch: Callable[[Callable[[int], None]], Awaitable[bytes]]) -> bytes:
        """What `fetch` returns; it calls what it is given with the size of each piece. Raises `Overloaded`."""
        try:
            with self._waiting:
                return await fetch(lambda size: self._memory.add(self, size))
            raise Overloaded(RETRY_AFTER)
        finally:
            self._memory.release(self)
