"""The share of time in which the device is busy: one slot, four clients, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

from bench import photo
from bench.contestants import Plan
from bench.table import markdown, percent
from bench.workers import Worker

CLIENTS = 4
SETTLING = 2.0  # seconds until all clients are sending
ANSWER_TIMEOUT = 600.0  # seconds


def measure(plan: Plan, seconds: float) -> dict[str, Any]:
    """`busy`: share of the time in which the device had a photo; `photos` done in `seconds`."""
    file = photo.portrait().save(plan.photos / "portrait.png").read_bytes()
    with Worker("server", "bench.server", {"device": plan.device}, plan.environment) as server:
        clients = Clients(server.ask("port"), file)
        with clients:
            time.sleep(SETTLING)
            start = time.perf_counter()
            seen = server.ask("watch", seconds=seconds)
            elapsed = time.perf_counter() - start
            done = clients.done_since(start)
        server.ask("stop")
    return {"clients": CLIENTS, "slots": 1, "seconds": elapsed, "photos": done, **seen}


class Clients:
    """Clients that send a photo again and again while the block runs. At its end a refusal is raised as an error."""

    def __init__(self, port: int, file: bytes) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/enhance"
        self._file = file
        self._over = threading.Event()
        self._done: list[float] = []
        self._failures: list[Exception] = []
        self._threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._failures and error[0] is None:
            raise self._failures[0]

    def done_since(self, start: float) -> int:
        """Photos answered since `start`, a value of `time.perf_counter()`."""
        return sum(moment >= start for moment in self._done)

    def _send(self) -> None:
        try:
            with httpx.Client(timeout=ANSWER_TIMEOUT) as client:
                while True:
                    client.post(self._url, files={"file": self._file}).raise_for_status()
                    self._done.append(time.perf_counter())
                    if self._over.is_set():
                        return
        except Exception as error:  # raised at the end of the block
            self._failures.append(error)


def table(found: Mapping[str, Any]) -> str:
    """A table of one row."""
    header = ["embedded models, 512 → 1024", "device busy", "photos per second"]
    title = f"{found['clients']} clients, {found['slots']} slot"
    return markdown(header, [[title, percent(found["busy"]), f"{found['photos'] / found['seconds']:.2f}"]])
