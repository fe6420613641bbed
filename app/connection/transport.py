"""A transport that reads on for a while before it closes, and that knows what its client has taken."""

import asyncio
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios


class LingeringTransport:
    """Wraps a transport. Where `should_linger` says so, `close` only ends the sending: the client gets the end of its
    answer, and the rest of its request can be read and thrown away.

    A socket that is closed while the client sends answers with a TCP reset, and the client loses what it has not read.
    """

    def __init__(self, transport: asyncio.Transport, should_linger: Callable[[], bool]) -> None:
        self._transport, self._should_linger = transport, should_linger
        self._closing = False
        self.written = 0  # bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def delivered(self) -> int:
        """Bytes that the client's system has acknowledged, as far as the local system knows."""
        return self.written - self._transport.get_write_buffer_size() - self._unacknowledged()

    def write(self, data: bytes) -> None:
        """Send; after `close`, and once the connection is lost, do nothing."""
        if not self.is_closing():
            self.written += len(data)
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether `close` was called, or the connection is lost."""
        return self._closing or self._transport.is_closing()

    def close(self) -> None:
        """Send what is buffered, then close."""
        if self.is_closing():
            return
        self._closing = True
        if self._should_linger() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()

    def reset(self) -> None:
        """Close at once. The system too forgets what it has not sent: it would keep megabytes for a slow client."""
        with suppress(OSError):  # it is closed already
            self._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _unacknowledged(self) -> int:
        """Bytes in the socket's send buffer, which holds megabytes and accepts more only once much of it is sent."""
        socket = self._transport.get_extra_info("socket")
        if sys.platform == "win32" or socket is None:
            return 0
        try:
            answer = fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4))
        except (OSError, ValueError):  # the system lacks this call, or the socket is closed and has no number
            return 0
        return int(struct.unpack("i", answer)[0])
