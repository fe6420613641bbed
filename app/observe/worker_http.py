"""The HTTP of a worker, which serves no photos: `/metrics` for Prometheus and `/healthz` for probes."""

import json
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from prometheus_client.exposition import generate_latest

from app.settings import Settings

logger = logging.getLogger("likeness")

CLIENT_S = 5.0  # for a client to send its request, and to take the answer
CLIENTS = 16  # at the same time; one more is not answered


def start_worker_http(
    settings: Settings, registry: CollectorRegistry, is_healthy: Callable[[], bool]
) -> Callable[[], None]:
    """Answer on `LIKENESS_HOST` and `LIKENESS_WORKER_PORT`, in threads of its own; the function returned stops it.

    Nothing is begun where the port is 0. `is_healthy` is called in these threads: false, or an exception, is 503.
    Raises OSError where the address cannot be listened on.
    """
    if settings.worker_port == 0:
        return lambda: None
    server = _Server(settings.host, settings.worker_port, registry, is_healthy)
    threading.Thread(target=server.serve_forever, name="worker-http", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


class _Server(ThreadingTCPServer):  # HTTPServer would look up the name of the host
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # a client that reads slowly must not hold up the end of the worker

    def __init__(self, host: str, port: int, registry: CollectorRegistry, is_healthy: Callable[[], bool]) -> None:
        (self.address_family, _, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        self._registry, self._ask = registry, is_healthy
        self._places = threading.BoundedSemaphore(CLIENTS)
        super().__init__((str(address[0]), port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there is room for one more."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client went away, or took too long."""
        logger.debug("a client of the worker's port got no answer", exc_info=True)

    def answer(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, media type and body."""
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path == "/healthz":
            healthy = self._is_healthy()
            status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
            return status, "application/json", json.dumps({"status": "healthy" if healthy else "unhealthy"}).encode()
        return HTTPStatus.NOT_FOUND, "application/json", b'{"error": "There is nothing at this address."}'

    def _is_healthy(self) -> bool:
        try:
            return self._ask()
        except Exception:
            logger.exception("the worker's health is not known")
            return False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = CLIENT_S

    def do_GET(self) -> None:
        """Answer, and close the connection."""
        status, media_type, body = self.server.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """The header `Server`, without Python's version."""
        return "likeness"

    def log_message(self, *_: object) -> None:
        """Probes and scrapes are not logged."""
