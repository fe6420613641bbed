"""A transport that leaves politely: what arrives at a closed socket would cost the client its answer."""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Callable
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios


class LingeringTransport:
    """Another transport, whose `close` only ends the sending where `closing`, asked first, says that it should linger:
    the client finds the end of its answer, and the rest of its request can be read and thrown away.
    """

    def __init__(self, transport: asyncio.Transport, closing: Callable[[], bool]) -> None:
        self._transport = transport
        self._ask = closing
        self._closing = False
        self._written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def taken(self) -> int:
        """Bytes that have arrived at the client's system, as far as this one tells."""
        return self._written - self._transport.get_write_buffer_size() - self._unacknowledged()

    def write(self, data: bytes) -> None:
        """Send; after `close` nothing any more."""
        if not self._closing:
            self._written += len(data)
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether `close` was called, or the connection is lost."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """Send what is left, and then close."""
        if self.is_closing():
            return
        self._closing = True
        if self._ask() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()

    def _unacknowledged(self) -> int:
        """Bytes in the system's send buffer, which holds megabytes and takes more only when a good part has gone."""
        socket = self._transport.get_extra_info("socket")
        if sys.platform == "win32" or socket is None:
            return 0
        try:
            answer = fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:  # closed meanwhile, or a system that does not tell
            return 0
        return int(struct.unpack("i", answer)[0])
