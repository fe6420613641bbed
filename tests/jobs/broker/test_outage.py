"""Whoever gets no answer of the broker says so in the metrics of its process, each time, and once in its log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from uuid_utils.compat import uuid7

from jobs.broker import dispatcher, news, presence, sender
from jobs.broker.engine import BrokerEngine
from jobs.broker.queues import QUEUES
from jobs.broker.worker import Worker
from jobs.observer import Observer, Place
from tests.app.work.services import until
from tests.jobs.workplace import Workplace

AWAY = "redis://127.0.0.1:1/0"


class Counting(Observer):
    def __init__(self) -> None:
        self.failures: list[Place] = []

    def unavailable(self, place: Place) -> None:
        self.failures.append(place)


async def sends(place: Workplace) -> None:
    sends = BrokerEngine(place.store, place.settings)._sender
    sends.start()
    for _ in range(2):
        sends.send("faces", [uuid7()])
        await until(lambda: sends.is_idle)
        await asyncio.sleep(0.1)
    sends.stop()


async def dispatches(place: Workplace) -> None:
    looks = BrokerEngine(place.store, place.settings)._dispatcher
    looks.start()
    await asyncio.sleep(0.3)
    await looks.stop()


async def listens(place: Workplace) -> None:
    listens = BrokerEngine(place.store, place.settings)._subscription
    listens.start()
    await asyncio.sleep(0.3)
    await listens.stop()


async def asks(place: Workplace) -> None:
    engine = BrokerEngine(place.store, place.settings)
    for _ in range(2):
        await engine.state()


def worker(place: Workplace) -> Worker:
    return Worker(place.settings, place.service, place.store, place.objects, QUEUES)


async def is_present(place: Workplace) -> None:
    tells = worker(place)._presence
    tells.start()
    await asyncio.sleep(0.3)
    await tells.stop()


async def announces(place: Workplace) -> None:
    tells = worker(place)._announcer
    tells.start()
    for _ in range(2):
        tells.tell(uuid7())
        await asyncio.sleep(0.2)
    await tells.stop()


@pytest.mark.parametrize("does", [sends, dispatches, listens, asks, is_present, announces])
def test_a_broker_that_is_away_is_counted_and_logged_once(
    play: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    does: Callable[[Workplace], Awaitable[None]],
) -> None:
    for module in (news, presence, sender):
        monkeypatch.setattr(module, "PAUSE_S", 0.05)
    monkeypatch.setattr(dispatcher, "ROUND_S", 0.05)

    async def scene(place: Workplace) -> None:
        place.store.observer = counting = Counting()
        await does(place)
        assert len(counting.failures) >= 2
        assert set(counting.failures) == {"broker"}
        assert len([line for line in caplog.messages if "the broker does not answer" in line]) == 1

    play(scene, broker_url=AWAY)
