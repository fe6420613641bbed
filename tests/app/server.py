"""Real servers: uvicorn on a free port of the loopback, in a thread of the test's process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.application import create_app
from app.connection.server import server_of
from app.settings import Settings
from app.work import loaded_models
from pipeline.models.catalogue.selection import Selection
from pipeline.models.roles import Models

ENHANCE = "/api/v1/enhance"
UPSCALE = "/api/v1/upscale"
LIVE = "/api/v1/health/live"
READY = "/api/v1/health/ready"
STATUS = "/api/v1/status"
PATIENCE = 60.0  # seconds; far more than needed, because the machine may be busy
BOUNDARY = "a-boundary-that-no-photo-contains"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
NO_WEBSITE = Path(__file__).parent / "no_website"  # whether or not the browser app was built here


@dataclass(frozen=True)
class Likeness:
    """A server that runs, and a client that talks to it."""

    app: FastAPI
    server: uvicorn.Server
    port: int
    client: httpx.Client

    def enhance(self, file: bytes, *, reference: bytes | None = None, accept: str = "*/*", **fields: object) -> Any:
        """Send a photo to `/enhance`; the response."""
        return self.send(ENHANCE, file, reference=reference, accept=accept, **fields)

    def upscale(self, file: bytes, *, accept: str = "*/*", **fields: object) -> Any:
        """Send a photo to `/upscale`; the response."""
        return self.send(UPSCALE, file, accept=accept, **fields)

    def send(
        self, path: str, file: bytes, *, reference: bytes | None = None, accept: str = "*/*", **fields: object
    ) -> httpx.Response:
        files = {"file": ("photo", file)} | ({} if reference is None else {"reference": ("reference", reference)})
        form = {name: _text(value) for name, value in fields.items()}
        return self.client.post(path, files=files, data=form, headers={"Accept": accept})

    def data(self, file: bytes, **fields: Any) -> dict[str, Any]:
        """The `data` of an answer to `/enhance` that must be a success."""
        response = self.enhance(file, **fields)
        assert response.status_code == 200, response.text
        data: dict[str, Any] = response.json()["data"]
        return data

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(STATUS).json()
        return found

    def connect(self) -> socket.socket:
        """A plain socket, for requests that an HTTP client would not send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def accepts(self) -> bool:
        """Whether the port is open."""
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def start(
        self, path: str, file: bytes, *, headers: Mapping[str, object] | None = None, **fields: object
    ) -> socket.socket:
        """Send a photo and do not wait for the answer; closing the socket disconnects the client."""
        body = form_body({"file": file} | {name: _text(value) for name, value in fields.items()})
        connection = self.connect()
        framing = {"Content-Type": MULTIPART, "Content-Length": len(body)}
        connection.sendall(head_of(path, {**framing, **(headers or {})}) + body)
        return connection


@contextmanager
def serving(
    models: Models | Callable[[], Models] | None = None,
    *,
    until: str | None = READY,
    grace_s: int = 10,
    patience: float = PATIENCE,
    **settings: Any,
) -> Iterator[Likeness]:
    """A running server with these settings; yields once the path `until` (if any) answers 200.

    `models` replaces the loaded models; a function is called for them and may raise. `patience` is the timeout in
    seconds for the start and for each answer.
    """
    with pytest.MonkeyPatch.context() as patch:
        chosen = Settings(
            **{
                "models": "embedded",
                "device": "cpu",
                "port": 0,
                "grace_s": grace_s,
                "log_level": "error",
                "web_dir": NO_WEBSITE,
                **settings,
            }
        )
        app = create_app(chosen)
        if models is not None:
            chosen_models = app.state.service.loaded_models.selection
            patch.setattr(loaded_models, "load", _for(chosen_models, models, loaded_models.load))
        server = server_of(app, chosen)
        thread = threading.Thread(target=server.run, name="server", daemon=True)
        thread.start()
        try:
            eventually(lambda: server.started or not thread.is_alive())
            assert server.started
            port = server.servers[0].sockets[0].getsockname()[1]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=patience) as client:
                if until is not None:
                    eventually(lambda: client.get(until).status_code == 200, patience)
                yield Likeness(app, server, port, client)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not stop"


def _for(
    selection: Selection, models: Models | Callable[[], Models], load: Callable[..., Models]
) -> Callable[..., Models]:
    """A `load` that returns these models for this selection only; other servers load their own."""

    def load_or_stand_in(wanted: Selection, *others: Any) -> Models:
        if wanted is not selection:
            return load(wanted, *others)
        return models() if callable(models) else models

    return load_or_stand_in


def eventually(condition: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until the condition holds; fail if it never does."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.01)


def form_body(parts: Mapping[str, bytes | str], *, closed: bool = True) -> bytes:
    """The body of a form: bytes are files, text is fields."""
    body = b""
    for name, value in parts.items():
        is_file = isinstance(value, bytes)
        header = f'Content-Disposition: form-data; name="{name}"' + ('; filename="photo.jpg"' if is_file else "")
        body += f"--{BOUNDARY}\r\n{header}\r\n\r\n".encode()
        body += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return body + (f"--{BOUNDARY}--\r\n".encode() if closed else b"")


def head_of(path: str, headers: Mapping[str, object]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer_on(connection: socket.socket) -> bytes:
    """All bytes that the server sends until it closes the connection."""
    with closing(connection):
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
