"""A real server with one slot as a contestant, and the share of time in which its device is busy."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from app.work.admission import Admission
from bench.worker import Commands
from tests.app.server import serving

INTERVAL = 0.001  # seconds between two samples
TIMEOUT = 600.0  # seconds for the start and for each answer


def commands(device: str) -> Commands:
    """The worker's commands: a server with the embedded models on a free port, which runs until `stop`."""
    stack = ExitStack()
    server = stack.enter_context(serving(device=device, slots=1, patience=TIMEOUT))
    admission: Admission = server.app.state.service.admission
    return {"port": lambda: server.port, "watch": lambda seconds: watch(admission, seconds), "stop": stack.close}


def watch(admission: Admission, seconds: float) -> dict[str, Any]:
    """Sample the device for so many seconds: `busy` is the share of samples with a photo on it, `looks` the number."""
    looks = busy = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        looks += 1
        busy += admission.on_device >= 1
        time.sleep(INTERVAL)
    return {"busy": busy / looks, "looks": looks}
