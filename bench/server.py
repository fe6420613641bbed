"""A real server as a contestant: one slot, and how much of the time the device has work."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from app.work.admission import Admission
from bench.worker import Commands
from tests.app.server import serving

INTERVAL = 0.001  # seconds between two looks
PATIENCE = 600.0  # seconds for the start and for each answer


def commands(device: str) -> Commands:
    """The embedded models behind HTTP on a free port; the server lives as long as the process."""
    stack = ExitStack()
    server = stack.enter_context(serving(device=device, slots=1, patience=PATIENCE))
    admission: Admission = server.app.state.service.admission
    return {"port": lambda: server.port, "watch": lambda seconds: watch(admission, seconds), "stop": stack.close}


def watch(admission: Admission, seconds: float) -> dict[str, Any]:
    """Look at the device for so long: the share of the looks at which a photo was on it."""
    looks = busy = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        looks += 1
        busy += admission.on_device >= 1
        time.sleep(INTERVAL)
    return {"busy": busy / looks, "looks": looks}
