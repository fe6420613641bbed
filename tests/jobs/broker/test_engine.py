"""The serving process and the broker: messages go out, news come in, and nothing waits for a broker that is away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as redis_client
from uuid_utils.compat import uuid7

from jobs.broker import dispatcher, news, sender
from jobs.broker import engine as engines
from jobs.broker.celery_app import TASK, celery_app
from jobs.broker.engine import BrokerEngine
from jobs.broker.presence import PREFIX
from jobs.engine.engine import EngineState, WorkerState
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.redis_server import RedisServer, needs_redis
from tests.app.server import eventually, serving
from tests.app.work.services import order, until
from tests.jobs.broker.conftest import engine_of
from tests.jobs.broker.worker_process import working
from tests.jobs.workplace import OWNER, Workplace

pytestmark = needs_redis

AWAY = "redis://127.0.0.1:1/0"


async def lengths(engine: BrokerEngine) -> dict[str, int]:
    return dict((await engine.state()).queues or {})


async def came(engine: BrokerEngine, expected: dict[str, int], within: float = 10.0) -> None:
    end = time.monotonic() + within
    while (found := await lengths(engine)) != expected:
        assert time.monotonic() < end, found
        await asyncio.sleep(0.02)


def test_a_message_is_a_job_s_id_in_the_queue_of_its_kind(
    play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
        monkeypatch.setenv(name, AWAY)  # not for us

    async def scene(place: Workplace) -> None:
        with redis_client.Redis.from_url(redis.url) as client:
            client.set(dispatcher.LOCK, "")  # the dispatcher of this process looks for no job that has no message yet
            async with engine_of(place) as engine:
                face = await place.submit(order(samples.small_face(), "enhance"))
                plain = await place.submit(order(samples.no_face()))
                engine.added([face, plain])
                await came(engine, {"faces": 1, "upscale": 1, "video": 0})
                (text,) = client.lrange("faces", 0, -1)
            message = json.loads(text)
            assert message["headers"]["task"] == TASK
            assert message["content-type"] == "application/json"
            assert str(face.id) in message["headers"]["argsrepr"]
            assert "photo.jpg" not in text.decode()

    play(scene, broker_url=redis.url)


def test_a_change_is_heard_by_other_processes(
    play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WATCH_S", 60.0)
    monkeypatch.setattr(engines, "DEAF_WATCH_S", 60.0)

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as one, engine_of(place) as other:
            await until(lambda: other._subscription.is_alive)
            job = await place.submit(order(samples.no_face()))
            watching = other.watch(job.id, OWNER)
            await anext(watching)
            following = asyncio.ensure_future(anext(watching))
            await asyncio.sleep(0.1)
            await place.store.cancel(job.id, OWNER)
            start = time.monotonic()
            one.changed(job.id)
            assert (await following).state == "cancelled"
            assert time.monotonic() - start < 0.3
            await watching.aclose()

    play(scene, broker_url=redis.url)


def test_a_subscription_that_is_lost_comes_back(
    play: Callable[..., None], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "PING_S", 0.2)
    monkeypatch.setattr(news, "PAUSE_S", 0.1)

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            subscription = engine._subscription
            await until(lambda: subscription.is_alive)
            redis.kill()
            await until(lambda: not subscription.is_alive)
            await asyncio.to_thread(redis.start)
            await until(lambda: subscription.is_alive)
            with redis.frozen():
                await until(lambda: not subscription.is_alive)
            await until(lambda: subscription.is_alive)
            with redis_client.Redis.from_url(redis.url) as client:
                client.publish(news.CHANNEL, "no id " + "x" * 500)
            await asyncio.sleep(0.1)
            assert subscription.is_alive

    play(scene, broker_url=redis.url)


def test_a_watcher_looks_itself_while_the_broker_is_away(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "DEAF_WATCH_S", 0.05)

    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            job = await place.submit(order(samples.no_face()))
            watching = engine.watch(job.id, OWNER)
            await anext(watching)
            await place.run(await place.claim())
            assert [now.state async for now in watching][-1] == "succeeded"

    play(scene, broker_url=AWAY)


def test_nothing_waits_for_a_broker_that_is_away(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "MOST_WAITING", 100)

    async def scene(place: Workplace) -> None:
        job = await place.submit(order(samples.no_face()))
        engine = BrokerEngine(place.store, place.settings)
        engine.start()
        start = time.monotonic()
        engine.added([job] * 500)
        engine.changed(job.id)
        assert time.monotonic() - start < 0.1
        assert await engine.state() == EngineState(queues=None, workers=())
        await asyncio.sleep(0.2)
        await engine.stop()
        assert time.monotonic() - start < 3

    play(scene, broker_url=AWAY)


def test_nothing_waits_for_a_broker_that_hangs(play: Callable[..., None], redis: RedisServer) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            job = await place.submit(order(samples.no_face()))
            await until(lambda: engine._subscription.is_alive)
            with redis.frozen():
                start = time.monotonic()
                engine.added([job])
                engine.changed(job.id)
                assert time.monotonic() - start < 0.1
                assert (await engine.state()).queues is None
                assert time.monotonic() - start < 1.5

    play(scene, broker_url=redis.url)


def test_the_state_names_workers_and_leaves_out_what_is_none(play: Callable[..., None], redis: RedisServer) -> None:
    job = uuid7()
    texts = {
        "one": {"queues": ["faces"], "job": str(job), "since": 12.5, "version": "9", "more": 1},
        "two": {"queues": ["upscale", "video"], "job": None, "since": 13, "version": "9"},
        "three": {"queues": ["faces"], "job": "no id", "since": 12.5},
        "four": {"queues": 3},
        "five": None,
    }

    async def scene(place: Workplace) -> None:
        with redis_client.Redis.from_url(redis.url) as client:
            for name, state in texts.items():
                client.set(PREFIX + name, json.dumps(state))
            client.set(PREFIX + "six", "{")
        async with engine_of(place) as engine:
            state = await engine.state()
            assert state.queues == {"faces": 0, "upscale": 0, "video": 0}
            assert state.workers == [
                WorkerState("one", ("faces",), job, 12.5),
                WorkerState("two", ("upscale", "video"), None, 13.0),
            ]

    play(scene, broker_url=redis.url)


@pytest.mark.usefixtures("quick")
def test_a_job_is_taken_without_the_broker_and_done_when_it_is_there(tmp_path: Path, redis: RedisServer) -> None:
    """Over HTTP: 202 at once, the job waits, and a worker gets it once Redis runs again."""
    redis.kill()
    with ExitStack() as stack:
        server = stack.enter_context(serving(FakeModels(), data_dir=tmp_path, broker_url=redis.url))
        start = time.monotonic()
        answer = server.client.post(
            "/api/v1/jobs", files={"file": ("a.jpg", samples.no_face())}, data={"kind": "upscale"}
        )
        assert answer.status_code == 202, answer.text
        assert time.monotonic() - start < 2
        redis.start()
        stack.enter_context(working(server.app.state.service.settings))
        assert eventually_over(server.client, answer.json()["links"]["self"])["state"] == "succeeded"


def eventually_over(client: httpx.Client, path: str) -> dict[str, Any]:
    def now() -> dict[str, Any]:
        found: dict[str, Any] = client.get(path).json()
        return found

    eventually(lambda: now()["state"] not in ("queued", "running"))
    return now()


@pytest.mark.parametrize("arguments", [[], ["no id"], [7], [None, "more"], [{"job": 1}]])
def test_a_message_that_is_none_hinders_no_worker(
    play: Callable[..., None], redis: RedisServer, arguments: list[Any]
) -> None:
    async def scene(place: Workplace) -> None:
        async with engine_of(place) as engine:
            app = celery_app(place.settings)
            await asyncio.to_thread(app.send_task, TASK, args=arguments, kwargs={"other": 1}, queue="upscale")
            await asyncio.to_thread(app.send_task, "unheard.of", args=[], queue="upscale")
            with redis_client.Redis.from_url(redis.url) as client:
                client.lpush("upscale", json.dumps({"body": "", "headers": {}, "properties": {"delivery_info": {}}}))
            job = await place.submit(order(samples.no_face()))
            engine.added([job])
            with working(place.settings):
                seen = [now.state async for now in engine.watch(job.id, OWNER)]
            assert seen[-1] == "succeeded"

    play(scene, broker_url=redis.url)
