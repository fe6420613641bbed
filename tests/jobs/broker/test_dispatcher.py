"""Jobs without a message get one, and no more messages are made than there are jobs that wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import get_args
from uuid import UUID

import pytest
import redis as redis_client

from app.work.order import Task
from jobs.broker import dispatcher, sender
from jobs.broker.client import client_for
from jobs.broker.dispatcher import Dispatcher
from jobs.broker.queues import QUEUE_OF, QUEUES
from jobs.broker.sender import Sender
from jobs.job import Job
from tests.app import samples
from tests.app.redis_server import RedisServer, needs_redis
from tests.app.work.services import order, until
from tests.jobs.broker.conftest import engine_of
from tests.jobs.workplace import Workplace

pytestmark = needs_redis


@asynccontextmanager
async def dispatching(place: Workplace) -> AsyncIterator[Callable[[], asyncio.Future[int]]]:
    """A function that looks once, and waits until all is sent."""
    redis, sender = client_for(place.settings.broker_url), Sender(place.settings, place.store.observer)
    sender.start()
    looking = Dispatcher(place.store, redis, sender)

    async def look() -> int:
        sent = await looking.look()
        await until(lambda: sender.is_idle)
        return sent

    yield lambda: asyncio.ensure_future(look())
    sender.stop()
    await redis.aclose()


def sent_to(redis: RedisServer, queue: str = "upscale") -> list[UUID]:
    """The jobs of the messages in a queue, the next one first."""
    with redis_client.Redis.from_url(redis.url) as client:
        texts = client.lrange(queue, 0, -1)
    return [UUID(json.loads(text)["headers"]["argsrepr"].strip("['],()")) for text in reversed(texts)]


async def submitted(place: Workplace, count: int) -> list[Job]:
    return [await place.submit(order(samples.no_face())) for _ in range(count)]


def test_each_kind_of_job_has_a_queue_that_workers_listen_to() -> None:
    assert set(QUEUE_OF) == set(get_args(Task))
    assert set(QUEUE_OF.values()) <= set(QUEUES)


def test_what_lacks_a_message_gets_one_and_only_one(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        jobs = await submitted(place, 12)
        face = await place.submit(order(samples.small_face(), "enhance"))
        async with dispatching(place) as look:
            assert await look() == 13
            assert sent_to(redis) == [job.id for job in jobs]
            assert sent_to(redis, "faces") == [face.id]
            assert [await look() for _ in range(3)] == [0, 0, 0]
            with redis_client.Redis.from_url(redis.url) as client:
                client.ltrim("upscale", 0, 6)  # the oldest five are lost
            assert await look() == 5
            assert sent_to(redis) == [job.id for job in [*jobs[5:], *jobs[:5]]]

    play(scene, broker_url=redis.url)


def test_a_lost_lease_is_dispatched_first(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        lost, _ = await submitted(place, 2)
        assert await place.claim(lease_s=0.05) == await place.get(lost.id)
        await asyncio.sleep(0.1)
        with_message = await submitted(place, 1)
        async with dispatching(place) as look:
            assert await look() == 3
            assert sent_to(redis)[0] == lost.id
            assert with_message[0].id in sent_to(redis)

    play(scene, broker_url=redis.url)


def test_a_round_is_bounded(play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "PER_ROUND", 4)
    monkeypatch.setattr(dispatcher, "MOST_MESSAGES", 10)

    async def scene(place: Workplace) -> None:
        await submitted(place, 14)
        async with dispatching(place) as look:
            assert [await look() for _ in range(5)] == [4, 4, 2, 0, 0]

    play(scene, broker_url=redis.url)


@pytest.mark.usefixtures("quick")
def test_several_processes_do_not_send_the_same(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place), engine_of(place), engine_of(place):
            await asyncio.sleep(0.4)
            jobs = await submitted(place, 5)
            await until(lambda: len(sent_to(redis)) >= len(jobs))
            await asyncio.sleep(1.0)
            assert len(sent_to(redis)) <= len(jobs) + 5  # a round may see a message before it is there

    play(scene, broker_url=redis.url)


@pytest.mark.usefixtures("quick")
def test_thousands_of_jobs_do_not_fill_redis(
    play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full Redis refuses the signs of life of workers too."""
    for module in (dispatcher, sender):
        monkeypatch.setattr(module, "MOST_MESSAGES", 4, raising=False)

    async def scene(place: Workplace) -> None:
        jobs = await submitted(place, 10)
        async with engine_of(place) as engine:
            engine.added(jobs)
            await until(lambda: engine._sender.is_idle and len(sent_to(redis)) >= 4)
            await asyncio.sleep(0.5)
            assert len(sent_to(redis)) == 4
            with redis_client.Redis.from_url(redis.url) as client:
                client.rpop("upscale", 3)
            await until(lambda: len(sent_to(redis)) == 4)

    play(scene, broker_url=redis.url)
