"""Replicas with a given behaviour, to test nginx with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    """A request that reached a replica."""

    method: str
    target: str
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer. With `unread` it is sent, and the connection closed, before the body is read. Empty `headers` are left
    out.
    """

    status: int = 200
    body: bytes = b"done"
    headers: dict[str, str] = field(default_factory=dict)
    unread: bool = False


NO_ANSWER = None  # the connection is closed without an answer, as when a process is killed
Behaviour = Answer | Callable[[Request], "Answer | None"] | None


class Replica(ThreadingHTTPServer):
    """An HTTP server that answers as its `behaviour` says, and records the requests."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self.done = threading.Event()  # an answer was sent completely


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replica

    def _answer(self) -> None:
        behaviour = self.server.behaviour
        unread = isinstance(behaviour, Answer) and behaviour.unread
        body = b"" if unread else self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, self.headers, body)
        self.server.requests.append(request)
        answer = behaviour(request) if callable(behaviour) else behaviour
        if answer is None or unread:
            self.close_connection = True  # else nginx's header Connection decides
        if answer is None:
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.server.done.set()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Do not log."""


@contextmanager
def replicas(*behaviours: Behaviour) -> Iterator[list[Replica]]:
    """One running replica for each behaviour."""
    servers = [Replica(behaviour) for behaviour in behaviours]
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
