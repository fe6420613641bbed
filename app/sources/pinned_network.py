"""A network that knows one host: every connection goes to addresses that were checked, and nothing is looked up.

If the HTTP client looked the name up by itself, its answer could differ from the one that was checked (DNS rebinding).
"""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from app.sources.errors import UrlUnreachable

READ_BYTES = 16 * 1024  # at a time: the parser of HTTP holds the event loop for as long as these take
MAX_TRIED = 4  # addresses of one host; each may take the whole time for connecting

# Headers, and sizes of chunks. Each piece costs the parser time, so a server that sends the smallest would cost much.
FRAMING_BYTES = 128 * 1024
FRAMING_SHARE = 64  # one more byte of framing for so many of the body: chunks have 400 bytes or more in the mean


@dataclass(slots=True)
class Traffic:
    """The bytes of one answer: those received, and those of them that are the body."""

    received: int = 0
    body: int = 0

    def add(self, size: int) -> None:
        """So many bytes were received. Raises `UrlUnreachable` if too few of all were the body's."""
        self.received += size
        if self.received - self.body > FRAMING_BYTES + READ_BYTES + self.body // FRAMING_SHARE:
            raise UrlUnreachable("The server of url sends much around the photo, and little of it.")


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the first of the `addresses` that accepts, whatever host is asked for, through `network`."""

    def __init__(self, addresses: list[str], traffic: Traffic, network: httpcore.AsyncNetworkBackend) -> None:
        self._addresses, self._traffic, self._network = addresses[:MAX_TRIED], traffic, network

    # httpcore gives the names of the parameters, here and below.
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection. Raises the last address's `httpcore.ConnectError` or `ConnectTimeout`."""
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _CountedStream(stream, self._traffic)
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Called by httpcore between two attempts."""
        await self._network.sleep(seconds)


class _CountedStream(httpcore.AsyncNetworkStream):
    """A connection whose received bytes are counted, without those of TLS."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, traffic: Traffic) -> None:
        self._stream, self._traffic = stream, traffic

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(min(max_bytes, READ_BYTES), timeout)
        self._traffic.add(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _CountedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._traffic)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
