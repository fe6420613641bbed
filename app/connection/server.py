"""The HTTP server: uvicorn with our protocol, and a way to leave that loses no photo."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.connection.protocol import GuardedProtocol
from app.observe.telemetry import Telemetry
from app.settings import Settings
from app.work.service import Service

KEEP_ALIVE_S = 75  # between two requests: longer than balancers keep theirs (60), or they would send into our closing
LAST_WORDS_S = 0.5  # before the grace ends, in which what is not done is told so


class Server(uvicorn.Server):
    """Told to stop, it first refuses new photos in words, while the port stays open: for `drain_s`, so that a balancer
    notices. Then it closes the port, gives the work in flight its grace, and tells those who still wait that it ends.

    On Ctrl-C, and when told again, it skips the first part.
    """

    def __init__(self, config: uvicorn.Config, service: Service, drain_s: float) -> None:
        super().__init__(config)
        self._service = service
        self._drain_s = drain_s
        self._leaving: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        is_first = not self._service.draining
        super().handle_exit(sig, frame)
        self._service.draining = True
        if is_first and sig == signal.SIGTERM:
            self.should_exit = False
            self._leaving = time.monotonic() + self._drain_s

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; true once the port is to be closed."""
        if self._leaving is not None and time.monotonic() >= self._leaving:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: Any = None) -> None:
        """Close the port and wait for what is in flight, for as long as the grace lasts."""
        self._service.draining = True
        grace = self.config.timeout_graceful_shutdown or 0
        farewell = asyncio.get_running_loop().call_later(
            max(0.0, grace - LAST_WORDS_S), self._service.cancellation.stop_all
        )
        try:
            await super().shutdown(sockets)
        finally:
            farewell.cancel()


def server_of(app: FastAPI, settings: Settings) -> Server:
    """The server for an application that `create_app` made."""
    service: Service = app.state.service
    telemetry: Telemetry = app.state.telemetry
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=partial(  # type: ignore[arg-type]
            GuardedProtocol, read_timeout_s=settings.read_timeout_s, refused=telemetry.refuse
        ),
        ws="none",
        log_config=None,  # it logs as everything else does
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=settings.grace_s,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return Server(config, service, settings.drain_s)
