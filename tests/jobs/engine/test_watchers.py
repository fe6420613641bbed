"""Those who watch one job in a process share each look at the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from jobs.engine.watchers import Watchers
from jobs.errors import StoreUnavailable, UnknownJob
from jobs.job import Job
from tests.app import samples
from tests.app.work.services import order, until
from tests.jobs.workplace import OWNER, Workplace


class Looking:
    """Counts the reads of the table, which fail with `error` where there is one."""

    def __init__(self, place: Workplace, patch: pytest.MonkeyPatch) -> None:
        self.count, self._get = 0, place.store.get
        self.error: Exception | None = None
        patch.setattr(place.store, "get", self.get)

    async def get(self, job_id: UUID, owner: str) -> Job:
        self.count += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return await self._get(job_id, owner)


def test_many_watchers_cost_one_look(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(place: Workplace) -> None:
        looking = Looking(place, monkeypatch)
        watchers = Watchers(place.store, lambda: 30.0)
        job = await place.submit(order(samples.no_face()))
        watching = [watchers.watch(job.id, OWNER) for _ in range(20)]
        assert {now.state for now in await asyncio.gather(*map(anext, watching))} == {"queued"}
        looking.count = 0
        following = [asyncio.ensure_future(anext(each)) for each in watching]
        await asyncio.sleep(0.05)
        begun = await place.claim()
        watchers.tell(job.id)
        assert {now.state for now in await asyncio.gather(*following)} == {"running"}
        assert looking.count == 1
        await place.run(begun)
        watchers.tell_all()
        ends = await asyncio.gather(*(_last(each) for each in watching))
        assert {now.state for now in ends} == {"succeeded"}
        assert not watchers.watched

    play(scene)


def test_a_slow_watcher_misses_no_end(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        watchers = Watchers(place.store, lambda: 30.0)
        job = await place.submit(order(samples.no_face()))
        quick, slow = (watchers.watch(job.id, OWNER) for _ in range(2))
        await anext(slow)
        await anext(quick)
        await place.run(await place.claim())
        watchers.tell(job.id)
        assert (await _last(quick)).state == "succeeded"
        assert (await _last(slow)).state == "succeeded"  # seen by the look that the other one has waited for

    play(scene)


def test_without_news_it_is_looked_now_and_then(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        watchers = Watchers(place.store, lambda: 0.02)
        job = await place.submit(order(samples.no_face()))
        watching = watchers.watch(job.id, OWNER)
        await anext(watching)
        await place.run(await place.claim())
        assert (await _last(watching)).state == "succeeded"

    play(scene)


@pytest.mark.parametrize("error", [StoreUnavailable("The database is away."), ZeroDivisionError()])
def test_a_failed_look_fails_all(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def scene(place: Workplace) -> None:
        looking = Looking(place, monkeypatch)
        watchers = Watchers(place.store, lambda: 30.0)
        job = await place.submit(order(samples.no_face()))
        watching = [watchers.watch(job.id, OWNER) for _ in range(2)]
        await asyncio.gather(*map(anext, watching))
        following = [asyncio.ensure_future(anext(each)) for each in watching]
        await asyncio.sleep(0.05)
        looking.error = error
        watchers.tell(job.id)
        outcomes: list[Any] = await asyncio.gather(*following, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(error)] * 2
        await until(lambda: not watchers.watched)

    play(scene)


def test_another_s_job_is_unknown(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        watchers = Watchers(place.store, lambda: 30.0)
        job = await place.submit(order(samples.no_face()))
        mine = watchers.watch(job.id, OWNER)
        await anext(mine)
        with pytest.raises(UnknownJob):
            await anext(watchers.watch(job.id, "somebody else"))
        await mine.aclose()
        assert not watchers.watched

    play(scene)


async def _last(watching: Any) -> Job:
    seen: list[Job] = [now async for now in watching]
    return seen[-1]
