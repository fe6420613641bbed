"""Replicas as an operator runs them: `python -m app serve`, each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.app.server import READY, STATUS
from tests.load.balancer import free_port

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 90.0  # for a start or a shutdown; the machine may be busy


class Process:
    """A replica on a port of its own. It can be stopped and started again."""

    def __init__(self, log: Path, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LIKENESS_")},
            "OMP_NUM_THREADS": "1",
            "LIKENESS_MODELS": "embedded",
            "LIKENESS_DEVICE": "cpu",
            "LIKENESS_LOG_FORMAT": "json",
            **{f"LIKENESS_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self.start()

    def start(self) -> None:
        """Start the process, without waiting until it is ready."""
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "app", "serve", "--port", str(self.port)]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def until_ready(self) -> None:
        end = time.monotonic() + TIMEOUT_S
        while self.readiness() != 200:
            assert self._process.poll() is None, f"a replica ended; see {self._log}"
            assert time.monotonic() < end, f"a replica is not ready; see {self._log}"
            time.sleep(0.05)

    def readiness(self) -> int | None:
        """The HTTP status of `/ready`; None if nobody listens."""
        try:
            return httpx.get(self.url + READY, timeout=TIMEOUT_S).status_code
        except httpx.TransportError:
            return None

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(self.url + STATUS, timeout=TIMEOUT_S).json()
        return found

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait until the process ends; returns its exit status."""
        return self._process.wait(TIMEOUT_S)

    def destroy(self) -> None:
        """Kill the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(TIMEOUT_S)


@contextmanager
def processes(count: int, folder: Path, **settings: object) -> Iterator[list[Process]]:
    """`count` replicas, ready; their logs are `replica-N.log` in the folder."""
    started: list[Process] = []
    try:
        started.extend(Process(folder / f"replica-{number}.log", **settings) for number in range(count))
        for process in started:
            process.until_ready()
        yield started
    finally:
        for process in started:
            process.destroy()
