"""A web of one hostile server: names resolve as a test says, and every public address leads to a socket of the test.

The checks are those of production. Only the look-up and the last step of a connection are replaced.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpcore

from app.sources.fetcher import Fetcher
from app.sources.resolution import Lookup

PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1:248:1893:25c8:1946"
MEBIBYTE = 2**20
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the usual one takes a tenth of a second to make

Answer = Callable[[socket.socket, bytes], None]  # a connection and the head of the request on it


class Names:
    """A look-up. A name has one list of addresses for each time it is asked for; the last stays. Others are public."""

    def __init__(self, names: Mapping[str, list[list[str]]] | None = None) -> None:
        self._names = {name: list(answers) for name, answers in (names or {}).items()}
        self.addresses = {each for answers in self._names.values() for found in answers for each in found}
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        answers = self._names.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Network(httpcore.AnyIOBackend):
    """Leads every connection to the server of the test, and notes where it should have gone."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connected: list[tuple[str, int]] = []
        self.dead: set[str] = set()  # addresses that refuse connections

    async def connect_tcp(self, host: str, port: int, *others: Any, **named: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        return await super().connect_tcp("127.0.0.1", self._port, *others, **named)


class Web:
    """The server, and what it saw."""

    def __init__(self, port: int) -> None:
        self.network = Network(port)
        self.heads: list[bytes] = []

    def fetcher(self, names: Lookup | None = None, **others: Any) -> Fetcher:
        chosen: dict[str, Any] = {"max_bytes": MEBIBYTE, "timeout_s": 5.0, "tls": TRUSTS_NOBODY, **others}
        return Fetcher(**chosen, lookup=names or Names(), network=self.network)

    def fetch(self, url: str = "http://photos.example.org/a.jpg", names: Lookup | None = None, **others: Any) -> bytes:
        """What `Fetcher.fetch` returns or raises."""
        return asyncio.run(self.fetcher(names, **others).fetch(url, lambda _: None))


@contextmanager
def web(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server that reads the head of each request and lets `answer` do the rest."""
    listener = socket.create_server(("127.0.0.1", 0))
    found = Web(listener.getsockname()[1])
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
                head += part
            found.heads.append(head)
            answer(connection, head)
            connection.close()

    def accept() -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield found
    finally:
        listener.close()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def saying(*pieces: bytes, pause: Callable[[], object] = lambda: None) -> Answer:
    """An answer of these pieces."""

    def answer(connection: socket.socket, _: bytes) -> None:
        for piece in pieces:
            connection.sendall(piece)
            pause()

    return answer


def response(body: bytes = b"", status: str = "200 OK", headers: Iterable[str] = (), *, length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {len(body)}"] if length else [])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    return response(b"moved", f"{status} Found", [f"Location: {location}"])
