"""Workers as real processes on a real Redis: whatever happens, each job ends once, with the right pixels."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis as redis_client

from jobs.broker import engine as engines
from jobs.job import Job
from tests.app import samples
from tests.app.redis_server import RedisServer, needs_redis
from tests.app.work.services import order, synchronous
from tests.jobs.broker.conftest import engine_of
from tests.jobs.broker.worker_process import working
from tests.jobs.postgres import PostgresServer, needs_postgres, postgres_running
from tests.jobs.workplace import OWNER, Workplace

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]

LEASE_S = 2.0  # of workers that are killed
SLOW_S = 0.05  # for each tile of a photo that is interrupted


@pytest.fixture(scope="module")
def restartable() -> Iterator[PostgresServer]:
    with postgres_running() as server:
        yield server


async def eventually(condition: Callable[[], Awaitable[object]], within: float = 40.0) -> None:
    end = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < end, "it never came to that"
        await asyncio.sleep(0.05)


async def states(place: Workplace, jobs: Sequence[Job]) -> list[Job]:
    return [await place.get(job.id) for job in jobs]


async def final(place: Workplace, jobs: Sequence[Job]) -> list[Job]:
    """The jobs, once all are over."""

    async def are_over() -> bool:
        return all(job.is_final for job in await states(place, jobs))

    await eventually(are_over)
    return await states(place, jobs)


async def at_work(place: Workplace, job: Job) -> None:
    """Wait until a worker is in the midst of the photo."""

    async def is_upscaled() -> bool:
        return (await place.get(job.id)).stage == "upscaling"

    await eventually(is_upscaled)


async def check(place: Workplace, jobs: Sequence[Job], attempts: int | None = 1) -> None:
    """All have succeeded, with the pixels that a synchronous photo has, and nothing is left over."""
    expected = await synchronous(place.service, order(samples.no_face()))
    for job in jobs:
        assert (job.state, job.error) == ("succeeded", None)
        assert attempts is None or job.attempt == attempts
        assert job.result is not None
        assert await place.bytes_of(job.result.picture_key) == expected
    assert await place.keys() == {key for job in jobs for key in job.keys}


async def submitted(place: Workplace, count: int = 1) -> list[Job]:
    return [await place.submit(order(samples.no_face())) for _ in range(count)]


def test_two_workers_share_jobs(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            with working(place.settings, tile_s=0.002), working(place.settings, tile_s=0.002):

                async def both_are_there() -> bool:
                    return len((await engine.state()).workers) == 2

                await eventually(both_are_there)
                jobs = await submitted(place, 8)
                engine.added(jobs)
                busy: set[str] = set()

                async def are_done() -> bool:
                    busy.update(worker.name for worker in (await engine.state()).workers if worker.job is not None)
                    return all(job.is_final for job in await states(place, jobs))

                await eventually(are_done)
                assert len(busy) == 2
                await check(place, await states(place, jobs))

    play(scene, broker_url=redis.url)


def test_news_come_from_another_process_at_once(
    play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WATCH_S", 60.0)
    monkeypatch.setattr(engines, "DEAF_WATCH_S", 60.0)

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            with working(place.settings, tile_s=SLOW_S):
                (job,) = await submitted(place)
                engine.added([job])
                seen = [now async for now in engine.watch(job.id, OWNER)]
                delay = time.time() - (seen[-1].finished_at or 0)
                assert delay < 0.5
                assert [now.state for now in (seen[0], seen[-1])] == ["queued", "succeeded"]
                assert len({now.fraction for now in seen if now.stage == "upscaling"}) > 1

    play(scene, broker_url=redis.url)


@pytest.mark.parametrize("second", [{"visibility_s": 0.5}, {"visibility_s": 3600.0, "skew_s": 7200.0}])
def test_a_message_that_comes_again_while_its_job_is_done(
    play: Callable[..., None], redis: RedisServer, tmp_path: Path, second: dict[str, float]
) -> None:
    """Also to a worker whose clock is two hours ahead: for it all messages are old. Leases are by the database's."""

    gate = tmp_path / "gate"

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            with redis_client.Redis.from_url(redis.url) as client, working(place.settings, gate=gate):
                (job,) = await submitted(place)
                engine.added([job])
                await at_work(place, job)
                assert client.hlen("unacked") == 1
                with working(place.settings, **second):

                    async def is_taken_again() -> bool:  # by the second worker, which finds no job to begin
                        with client.pipeline() as both:  # in one transaction: between the two it lies in the queue
                            return both.hlen("unacked").llen("upscale").execute() == [0, 0]

                    await eventually(is_taken_again)
                    assert (await place.get(job.id)).state == "running"
                    gate.touch()
                    await check(place, await final(place, [job]))

    play(scene, broker_url=redis.url)


def test_a_killed_worker_s_job_is_done_by_another(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            jobs = await submitted(place, 3)
            engine.added(jobs)
            with working(place.settings, tile_s=SLOW_S, lease_s=LEASE_S) as first:
                await at_work(place, jobs[0])
                first.kill()
                first.join()
            with working(place.settings, lease_s=LEASE_S):
                done = await final(place, jobs)
            assert [job.attempt for job in done] == [2, 1, 1]
            await check(place, done, attempts=None)

    play(scene, broker_url=redis.url)


def test_a_job_that_kills_its_worker_ends(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            (job,) = await submitted(place)
            engine.added([job])
            for _ in range(3):
                with working(place.settings, lease_s=LEASE_S, is_deadly=True) as worker:
                    await asyncio.to_thread(worker.join, 30)
                    assert worker.exitcode == -signal.SIGKILL
            with working(place.settings, is_deadly=True) as worker:
                (ended,) = await final(place, [job])
                assert worker.is_alive()
            assert (ended.state, ended.attempt) == ("failed", 3)
            assert ended.error is not None
            assert ended.error.code == "attempts_exhausted"

    play(scene, broker_url=redis.url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_in_mid_photo(play: Callable[..., None], redis: RedisServer, number: signal.Signals) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            (job,) = await submitted(place)
            engine.added([job])
            with working(place.settings, tile_s=SLOW_S) as worker:
                await at_work(place, job)
                os.kill(worker.pid or 0, number)
                await asyncio.to_thread(worker.join, 10)
                assert worker.exitcode == 0
            left = await place.get(job.id)
            assert (left.state, left.attempt - left.releases) == ("queued", 0)
            state = await engine.state()
            assert state.queues is not None
            assert state.queues["upscale"] >= 1
            assert state.workers == []
            with working(place.settings):
                await check(place, await final(place, [job]), attempts=2)

    play(scene, broker_url=redis.url)


@pytest.mark.parametrize("trouble", ["away", "hangs"])
@pytest.mark.parametrize("at", ["work", "rest"])
def test_a_stop_without_the_broker(play: Callable[..., None], redis: RedisServer, trouble: str, at: str) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            with working(place.settings, tile_s=SLOW_S) as worker, ExitStack() as stack:

                async def is_there() -> bool:
                    return bool((await engine.state()).workers)

                await eventually(is_there)
                if at == "work":
                    (job,) = await submitted(place)
                    engine.added([job])
                    await at_work(place, job)
                if trouble == "hangs":
                    stack.enter_context(redis.frozen())
                else:
                    redis.kill()
                os.kill(worker.pid or 0, signal.SIGTERM)
                await asyncio.to_thread(worker.join, 15)
                assert worker.exitcode == 0
            if at == "work":
                assert (await place.get(job.id)).state == "queued"

    play(scene, broker_url=redis.url)


def test_redis_restarted_without_what_it_had(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            jobs = await submitted(place, 4)
            engine.added(jobs)
            with working(place.settings, tile_s=SLOW_S):
                await at_work(place, jobs[0])
                await asyncio.to_thread(redis.kill)
                late = await submitted(place)
                engine.added(late)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(redis.start)
                await check(place, await final(place, [*jobs, *late]))

    play(scene, broker_url=redis.url)


@needs_postgres
def test_postgresql_restarted(play: Callable[..., None], redis: RedisServer, restartable: PostgresServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            jobs = await submitted(place, 3)
            engine.added(jobs)
            with ExitStack() as stack:
                for _ in range(2):
                    stack.enter_context(working(place.settings, tile_s=SLOW_S))
                await at_work(place, jobs[0])
                await asyncio.to_thread(restartable.kill)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(restartable.start)
                await check(place, await final(place, jobs))

    play(scene, broker_url=redis.url, database_url=restartable.empty())


def test_a_worker_takes_its_queues_in_its_order(play: Callable[..., None], redis: RedisServer) -> None:
    face, plain = order(samples.small_face(), "enhance"), order(samples.no_face())

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            jobs = [await place.submit(each) for each in (face, plain, face, plain)]
            engine.added(jobs)

            async def all_are_sent() -> bool:
                queues = (await engine.state()).queues or {}
                return queues.get("faces", 0) >= 2 and queues.get("upscale", 0) >= 2

            await eventually(all_are_sent)
            with working(place.settings, queues=("upscale", "faces")):
                done = await final(place, jobs)
            begun = sorted(done, key=lambda job: job.started_at or 0)
            assert [job.kind for job in begun] == ["upscale", "upscale", "enhance", "enhance"]
            assert {job.state for job in done} == {"succeeded"}

    play(scene, broker_url=redis.url)
