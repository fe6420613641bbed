"""Attempts at jobs that do not wait long."""

from __future__ import annotations

import pytest

from jobs.run import attempt, heartbeat


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.02)
    monkeypatch.setattr(attempt, "RETRY_S", 0.02)
