"""Counting: once for all who ask, in the background, and less often where it takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jobs import census
from jobs.census import Census, Counting
from jobs.errors import StoreUnavailable
from jobs.observer import Observer
from tests.app import samples
from tests.app.work.services import order, until
from tests.jobs.workplace import Workplace


class Keeping(Observer):
    def __init__(self) -> None:
        self.seen: list[Census] = []

    def counted(self, census: Census) -> None:
        self.seen.append(census)


def test_who_asks_at_once_gets_one_count(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        place.store.observer = kept = Keeping()
        await place.submit(order(samples.no_face()))
        counting = Counting(place.store, place.engine())
        found = await asyncio.gather(*(counting.census() for _ in range(5)))
        assert len(kept.seen) == 1
        assert all(each is kept.seen[0] for each in found)
        assert found[0].states["queued"] == 1
        assert list(found[0].waiting_s) == ["upscale"]
        assert (found[0].engine.queues, list(found[0].engine.workers)) == (None, [])

    play(scene)


def test_it_goes_on_counting_when_the_database_is_back(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(census, "COUNT_S", 0.01)
    monkeypatch.setattr(census, "FRESH_S", 0.0)
    monkeypatch.setattr(census, "ASKED_SHARE", 1e9)

    async def scene(place: Workplace) -> None:
        place.store.observer = kept = Keeping()
        counts, calls = place.store.counts, 0

        async def away_at_first() -> Any:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise StoreUnavailable("The database of jobs does not answer.")
            return await counts()

        monkeypatch.setattr(place.store, "counts", away_at_first)
        counting = Counting(place.store, place.engine())
        counting.start()
        await until(lambda: len(kept.seen) >= 2)
        await counting.stop()
        assert "jobs cannot be counted" in caplog.text
        seen = len(kept.seen)
        await asyncio.sleep(0.05)
        assert len(kept.seen) == seen

    play(scene)


def test_a_large_table_is_counted_less_often(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "COUNT_S", 0.01)
    monkeypatch.setattr(census, "FRESH_S", 0.0)
    monkeypatch.setattr(census, "ASKED_SHARE", 1e9)

    async def scene(place: Workplace) -> None:
        place.store.observer = kept = Keeping()
        counts = place.store.counts

        async def slowly() -> Any:
            await asyncio.sleep(0.1)
            return await counts()

        monkeypatch.setattr(place.store, "counts", slowly)
        counting = Counting(place.store, place.engine())
        counting.start()
        await asyncio.sleep(0.8)
        await counting.stop()
        assert len(kept.seen) == 1  # the next one is due after five seconds

    play(scene)


def test_who_asks_often_does_not_make_it_count_a_large_table_each_time(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "FRESH_S", 0.0)

    async def scene(place: Workplace) -> None:
        place.store.observer = kept = Keeping()
        counts = place.store.counts

        async def slowly() -> Any:
            await asyncio.sleep(0.2)
            return await counts()

        monkeypatch.setattr(place.store, "counts", slowly)
        counting = Counting(place.store, place.engine())
        for _ in range(5):
            await counting.census()
            await asyncio.sleep(0.05)
        assert len(kept.seen) == 1  # the next one is due after two seconds

    play(scene)
