"""A real HTTP server of files on the loopback interface, with the faults of real servers and networks."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 60.0  # seconds; usually much less is needed, but the machine may be busy


@dataclass(frozen=True)
class Answer:
    """The response to one request."""

    body: bytes = b""
    status: int = 200
    phrase: str | None = None  # instead of the usual one
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges: bool = True  # honour `Range`
    content_range: str | None = None  # instead of the right one
    length: int | None = None  # `Content-Length` instead of the right one; negative: none
    cut: int | None = None  # end the connection after so many bytes of the body
    hold: int | None = None  # wait after so many bytes of the body, until `FileServer.release`
    trickle_s: float = 0.0  # pause after each `piece`
    piece: int = 65536


@dataclass(frozen=True)
class Request:
    """A request that the server received."""

    target: str
    headers: Mapping[str, str]

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


@dataclass
class FileServer:
    """Answers by path, one for each request; the last one is repeated."""

    port: int = 0
    scheme: str = "http"
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)  # an answer has reached its `hold`
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def serve(self, path: str, *answers: Answer) -> str:
        """Serve these answers at a path from now on; returns its URL."""
        self.answers[path] = list(answers)
        return self.url(path)

    @property
    def ranges(self) -> list[str | None]:
        """The `Range` of each request."""
        return [request.range for request in self.requests]

    def next_answer(self, path: str) -> Answer:
        answers = self.answers.get(path, [Answer(status=404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    files: FileServer

    def do_GET(self) -> None:
        self.close_connection = True
        self.files.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}))
        try:
            # A proxy gets the whole URL; its path is the same.
            self._send(self.files.next_answer(urlsplit(self.path).path))
        except ConnectionError:  # some tests close the connection
            return

    def _send(self, answer: Answer) -> None:
        status, body, headers = answer.status, answer.body, dict(answer.headers)
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if status == 200 and answer.ranges and span:
            start = int(span[1])
            status = 206 if start < len(body) else 416
            headers["Content-Range"] = answer.content_range or f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:] if status == 206 else b""
        self.send_response(status, answer.phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.length is None or answer.length >= 0:
            self.send_header("Content-Length", str(len(body) if answer.length is None else answer.length))
        self.send_header("Connection", "close")
        self.end_headers()
        self._send_body(answer, body if answer.cut is None else body[: answer.cut])

    def _send_body(self, answer: Answer, body: bytes) -> None:
        if answer.hold is not None:
            self.wfile.write(body[: answer.hold])
            self.files.held.set()
            assert self.files.release.wait(PATIENCE)
            body = body[answer.hold :]
        for start in range(0, len(body), answer.piece):
            self.wfile.write(body[start : start + answer.piece])
            time.sleep(answer.trickle_s)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def file_server(certificate: Path | None = None) -> Iterator[FileServer]:
    """A server on a free port, until the end of the block; then none of its threads is left.

    With a certificate (and its key, in the same file) it speaks TLS.
    """
    files = FileServer(scheme="https" if certificate else "http")
    handler = type("Handler", (_Handler,), {"files": files})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False  # so that closing waits for them
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        files.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="file server")
        thread.start()
        try:
            yield files
        finally:
            files.release.set()
            server.shutdown()
            thread.join()
