"""Limits for request bodies that are still arriving: a time for each, and a memory for all of them together."""

import time

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
        self._uploads: dict[Upload, None] = {}  # in order of their last message, the latest at the end

    def add(self, upload: "Upload", size: int) -> None:
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

    def release(self, upload: "Upload") -> None:
        """`upload` is complete or has ended: it no longer counts. Does nothing the second time."""
        if upload in self._uploads:
            del self._uploads[upload]
            self._total -= upload.bytes


class Upload:
    """One arriving body, which must be complete at `deadline` (`time.monotonic()`), `allowed_s` after it began."""

    def __init__(self, memory: UploadMemory, deadline: float, allowed_s: float) -> None:
        self.bytes = 0
        self._memory, self._deadline, self._allowed_s = memory, deadline, allowed_s
        self._waiting = anyio.CancelScope()
        self._stopped = self.is_complete = False

    def stop(self) -> None:
        """End the upload: whoever waits for its next message, or asks for it later, gets `Overloaded`."""
        self._stopped = True
        self._waiting.cancel()

    async def message(self, receive: Receive) -> Message:
        """The next message. Raises `UploadTooSlow` and `Overloaded`."""
        if self.is_complete:
            return await receive()  # only the message that the client has disconnected can follow
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
