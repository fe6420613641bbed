"""A server that answers as a test says, one connection per answer, and keeps what it was sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE = 20.0
Answer = Callable[[socket.socket], None]


@dataclass
class Stub:
    """`requests`: head and first bytes of each request; `sizes`: how many bytes each body had."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def answering(answers: Sequence[Answer]) -> Iterator[Stub]:
    """A server on a free port that gives these answers, one after the other, and the last one again and again."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        stub = Stub(listener.getsockname()[1])
        listener.settimeout(PATIENCE)

        def serve() -> None:
            turn = 0
            with suppress(OSError):  # the test closes the listener
                while True:
                    connection, _ = listener.accept()
                    with closing(connection), suppress(ConnectionError):
                        connection.settimeout(PATIENCE)
                        _receive(connection, stub)
                        answers[min(turn, len(answers) - 1)](connection)
                    turn += 1

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(PATIENCE)


def says(status: int, body: str = "{}", **headers: object) -> Answer:
    """An answer with this status and body; `retry_after=1` is the header `retry-after: 1`."""

    def answer(connection: socket.socket) -> None:
        named = {"content-length": len(body.encode()), "connection": "close", "content-type": "application/json"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        connection.sendall(f"HTTP/1.1 {status} Status\r\n{head}\r\n{body}".encode())

    return answer


def breaks_off(connection: socket.socket) -> None:
    """The connection ends in the middle of the answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


def sleeps(seconds: float) -> Answer:
    """Nothing is answered for so long."""
    return lambda connection: time.sleep(seconds)


def _receive(connection: socket.socket, stub: Stub) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left, size = int(lines.get(b"content-length", 0)) - len(body), len(body)
    while left > 0 and (part := connection.recv(min(left, 1 << 20))):
        left, size = left - len(part), size + len(part)
        received = received if len(received) > 65536 else received + part
    stub.requests.append(received)
    stub.sizes.append(size)
