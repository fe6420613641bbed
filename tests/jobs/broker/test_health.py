"""When a worker is healthy."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.broker.queues import QUEUES
from jobs.broker.worker import REACHED_S, Worker
from tests.jobs.workplace import Workplace


@pytest.mark.parametrize(
    ("silence_s", "takes_messages", "readiness", "is_healthy"),
    [
        (1.0, True, "ready", True),
        (None, True, "ready", False),  # the broker has never answered
        (REACHED_S + 1, True, "ready", False),
        (1.0, False, "ready", False),
        (1.0, True, "failed", False),  # a photo is stuck on the device, for example
    ],
)
def test_a_worker_is_healthy_while_it_can_work_and_reaches_its_broker(
    play: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    silence_s: float | None,
    takes_messages: bool,
    readiness: str,
    is_healthy: bool,
) -> None:
    async def scene(place: Workplace) -> None:
        worker: Any = Worker(place.settings, place.service, place.store, place.objects, QUEUES)
        worker._presence.told_at = None if silence_s is None else time.monotonic() - silence_s
        worker._consumer = SimpleNamespace(is_running=takes_messages)
        worker._service = SimpleNamespace(readiness=readiness)
        assert worker.is_healthy is is_healthy

    play(scene, broker_url="redis://127.0.0.1:1/0")
