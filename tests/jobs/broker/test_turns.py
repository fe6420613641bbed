"""A message says that a job of its queue waits, and a worker begins the one whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import redis as redis_client

from jobs.job import Job
from tests.app import samples
from tests.app.redis_server import RedisServer, needs_redis
from tests.app.work.services import order
from tests.jobs.broker.conftest import engine_of
from tests.jobs.broker.test_worker import SLOW_S, at_work, eventually
from tests.jobs.broker.worker_process import working
from tests.jobs.workplace import OWNER, Workplace

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]


async def begun(place: Workplace, jobs: list[Job]) -> list[Job]:
    """The jobs in the order in which they were begun, once all are over."""

    async def now() -> list[Job]:
        return [await place.store.get(job.id, job.owner) for job in jobs]

    async def are_over() -> bool:
        return all(job.is_final for job in await now())

    await eventually(are_over)
    return sorted(await now(), key=lambda job: job.started_at or 0)


def test_the_owners_of_jobs_take_turns(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        many = [await place.submit(order(samples.no_face())) for _ in range(5)]
        one = await place.submit(order(samples.no_face()), owner="another")
        async with engine_of(place) as engine:
            engine.added([*many, one])  # in this order they lie in the queue
            with working(place.settings):
                done = await begun(place, [*many, one])
        assert [job.owner for job in done] == [OWNER, "another", *[OWNER] * 4]
        assert {(job.state, job.attempt) for job in done} == {("succeeded", 1)}

    play(scene, broker_url=redis.url)


def test_a_worker_begins_nothing_of_queues_that_it_does_not_take(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        face = await place.submit(order(samples.small_face(), "enhance"))
        plain = await place.submit(order(samples.no_face()))
        async with engine_of(place) as engine:
            engine.added([face, plain])
            with working(place.settings, queues=("upscale",)):
                await begun(place, [plain])
                await asyncio.sleep(0.5)
            assert (await place.get(face.id)).state == "queued"

    play(scene, broker_url=redis.url)


def test_a_message_that_comes_again_begins_another_job_and_none_twice(
    play: Callable[..., None], redis: RedisServer
) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            with redis_client.Redis.from_url(redis.url) as client, working(place.settings, tile_s=2 * SLOW_S):
                first = await place.submit(order(samples.no_face()))
                engine.added([first])
                await at_work(place, first)
                others = [await place.submit(order(samples.no_face())) for _ in range(3)]
                engine.added(others)
                with working(place.settings, visibility_s=0.5):
                    done = await begun(place, [first, *others])

                    async def is_empty() -> bool:
                        return client.hlen("unacked") + client.llen("upscale") == 0

                    await eventually(is_empty)  # what is left finds nothing
        assert {(job.state, job.attempt) for job in done} == {("succeeded", 1)}

    play(scene, broker_url=redis.url)
