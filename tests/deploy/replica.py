"""Replicas that answer as told: what nginx makes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    """A request that has reached a replica."""

    method: str
    target: str
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Says:
    """An answer. `unread`: it is given, and the connection closed, before the body is read."""

    status: int = 200
    body: bytes = b"done"
    headers: dict[str, str] = field(default_factory=dict)
    unread: bool = False


DIES = None  # the connection ends without an answer, as when a process is killed
Conduct = Says | Callable[[Asked], "Says | None"] | None


class Replica(ThreadingHTTPServer):
    """Answers with its conduct, and remembers what it was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, conduct: Conduct) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.conduct = conduct
        self.asked: list[Asked] = []
        self.done = threading.Event()  # its last answer has left


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replica

    def _answer(self) -> None:
        conduct = self.server.conduct
        unread = isinstance(conduct, Says) and conduct.unread
        body = b"" if unread else self.rfile.read(int(self.headers.get("Content-Length", "0")))
        asked = Asked(self.command, self.path, self.headers, body)
        self.server.asked.append(asked)
        says = conduct(asked) if callable(conduct) else conduct
        if says is None or unread:
            self.close_connection = True  # else it does as nginx asks
        if says is None:
            return
        self.send_response(says.status)
        for name, value in {"Content-Length": str(len(says.body)), **says.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(says.body)
        self.server.done.set()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def replicas(*conducts: Conduct) -> Iterator[list[Replica]]:
    """One replica for each conduct."""
    servers = [Replica(conduct) for conduct in conducts]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield servers
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
