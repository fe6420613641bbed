"""The HTTP server: uvicorn with our protocol, and a shutdown that answers every photo."""

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

KEEP_ALIVE_S = 75  # longer than load balancers keep an idle connection (60), so that they close it, not we
REFUSAL_S = 0.5  # before the grace ends: time to answer the photos that are still in work with an error


class Server(uvicorn.Server):
    """On SIGTERM, it first refuses new photos with an error for `drain_s` while the port stays open, so that a load
    balancer notices. Then it closes the port, gives the photos in work their grace, and refuses those that are left.
    On SIGINT (Ctrl-C), and on a second signal, the first part is skipped.
    """

    def __init__(self, config: uvicorn.Config, service: Service, drain_s: float) -> None:
        super().__init__(config)
        self._service, self._drain_s = service, drain_s
        self._drained_at: float | None = None  # time.monotonic()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by uvicorn on a signal."""
        is_first = not self._service.draining
        super().handle_exit(sig, frame)
        self._service.draining = True
        if is_first and sig == signal.SIGTERM:
            self.should_exit = False
            self._drained_at = time.monotonic() + self._drain_s

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second; true once the port is to be closed."""
        if self._drained_at is not None and time.monotonic() >= self._drained_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: Any = None) -> None:
        """Close the port and wait for the photos in work, at most `timeout_graceful_shutdown` seconds."""
        self._service.draining = True
        delay = max(0.0, (self.config.timeout_graceful_shutdown or 0) - REFUSAL_S)
        refusal = asyncio.get_running_loop().call_later(delay, self._service.cancellation.stop_all)
        try:
            await super().shutdown(sockets)
        finally:
            refusal.cancel()


def server_of(app: FastAPI, settings: Settings) -> Server:
    """The server for an application that `create_app` made."""
    telemetry: Telemetry = app.state.telemetry
    protocol = partial(
        GuardedProtocol,
        read_timeout_s=settings.read_timeout_s,
        min_answer_rate=settings.min_answer_rate,
        on_refusal=telemetry.refuse,
    )
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol,  # type: ignore[arg-type]
        ws="none",
        log_config=None,  # app.observe.logs configures uvicorn's loggers too
        log_level=settings.log_level,
        access_log=False,
        timeout_graceful_shutdown=settings.grace_s,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return Server(config, app.state.service, settings.drain_s)
