"""A real Redis on a free port of the loopback that can be killed, restarted and frozen."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from tests.app.server import eventually

_PROGRAM = shutil.which("redis-server")

needs_redis = pytest.mark.skipif(_PROGRAM is None, reason="there is no redis-server on this machine")


class RedisServer:
    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(_PROGRAM), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        eventually(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Redis accepts connections and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def clients(self) -> int:
        """The number of open connections, without the one of this query."""
        with redis.Redis(port=self.port) as client:
            return len(client.client_list()) - 1

    def keys(self) -> dict[str, int]:
        """Each key and its remaining time to live in milliseconds."""
        with redis.Redis(port=self.port) as client:
            return {key.decode(): client.pttl(key) for key in client.scan_iter()}

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def redis_running() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    try:
        yield server
    finally:
        server.kill()
