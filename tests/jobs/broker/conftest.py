"""A Redis for each test, and the side of a serving process in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from jobs.broker import dispatcher, sender
from jobs.broker.engine import BrokerEngine
from tests.app.redis_server import RedisServer, redis_running
from tests.jobs.workplace import Workplace

Started = Callable[[Workplace], AbstractAsyncContextManager[BrokerEngine]]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_running() as server:
        yield server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dispatcher looks often, and the sender tries again soon."""
    monkeypatch.setattr(dispatcher, "ROUND_S", 0.3)
    monkeypatch.setattr(sender, "PAUSE_S", 0.3)


@asynccontextmanager
async def engine_of(place: Workplace) -> AsyncIterator[BrokerEngine]:
    """What a serving process has of the broker."""
    engine = BrokerEngine(place.store, place.settings)
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
