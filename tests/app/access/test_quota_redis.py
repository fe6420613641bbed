"""The quota counted in a Redis that several processes share and that may fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.access import quota as module
from app.access.quota import Quota, parse_rates
from tests.app.access.counting import allowed, taken
from tests.app.redis_server import RedisServer, needs_redis, redis_running


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_running() as server:
        yield server


@needs_redis
def test_two_processes_count_together(redis: RedisServer) -> None:
    rates = parse_rates("3/day")
    one, other = Quota(rates, redis.url), Quota(rates, redis.url)
    assert allowed(taken(one, "a", "a")) == [True, True]
    assert allowed(taken(other, "a", "a", "b")) == [True, False, True]
    assert allowed(taken(one, "a")) == [False]


@needs_redis
def test_keys_in_redis_contain_likeness_and_expire(redis: RedisServer) -> None:
    taken(Quota(parse_rates("3/minute"), redis.url), "address:203.0.113.9")
    keys = redis.keys()
    assert len(keys) == 1
    assert all("likeness" in key and 0 < milliseconds <= 120_000 for key, milliseconds in keys.items())


@needs_redis
def test_close_closes_all_connections(redis: RedisServer) -> None:
    async def use() -> int:
        quota = Quota(parse_rates("1000/day"), redis.url)
        await asyncio.gather(*(quota.take("a") for _ in range(100)))
        open_then = redis.clients()
        await quota.close()
        return open_then

    assert 1 <= asyncio.run(use()) <= module.MAX_CONNECTIONS
    assert redis.clients() == 0


@needs_redis
def test_requests_are_not_counted_while_redis_is_down(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.3)

    async def live_through() -> None:
        quota = Quota(parse_rates("2/day"), redis.url)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        redis.kill()
        began = time.perf_counter()
        assert [await quota.take("a") for _ in range(500)] == [None] * 500
        assert time.perf_counter() - began < 2 * module.STORAGE_TIMEOUT_S
        assert quota.uncounted == 500
        redis.start()
        await asyncio.sleep(module.RETRY_S)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        assert quota.uncounted == 500
        await quota.close()

    asyncio.run(live_through())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be reached" in caplog.text


@needs_redis
def test_only_the_first_request_waits_for_a_redis_that_hangs(redis: RedisServer) -> None:
    async def live_through() -> tuple[float, float]:
        quota = Quota(parse_rates("1000/day"), redis.url)
        assert allowed([await quota.take("a")]) == [True]
        with redis.frozen():
            began = time.perf_counter()
            assert await quota.take("a") is None
            first = time.perf_counter() - began
            assert [await quota.take("a") for _ in range(500)] == [None] * 500
            others = time.perf_counter() - began - first
        await quota.close()
        return first, others

    first, others = asyncio.run(live_through())
    assert module.STORAGE_TIMEOUT_S * 0.9 < first < module.STORAGE_TIMEOUT_S + 0.5
    assert others < module.STORAGE_TIMEOUT_S


@needs_redis
def test_one_request_tries_a_redis_that_hangs_again(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.2)
    tried = []

    async def live_through() -> None:
        quota = Quota(parse_rates("1000/day"), redis.url)
        counted = quota._counted

        def watched(client: str) -> Any:
            tried.append(client)
            return counted(client)

        monkeypatch.setattr(quota, "_counted", watched)
        with redis.frozen():
            assert await quota.take("first") is None
            await asyncio.sleep(module.RETRY_S)
            monkeypatch.setattr(module, "RETRY_S", 60.0)
            clients = [f"{number}" for number in range(50)]
            assert await asyncio.gather(*map(quota.take, clients)) == [None] * 50
        await quota.close()

    asyncio.run(live_through())
    assert tried == ["first", "0"]


def test_an_unreachable_redis_is_logged_without_its_password(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    quota = Quota(parse_rates("1/day"), "redis://:secret@127.0.0.1:1/0")
    assert taken(quota, *["a"] * 20) == [None] * 20
    assert quota.uncounted == 20
    assert len(caplog.records) == 1
    monkeypatch.setattr(module, "WARNING_INTERVAL_S", 0.0)
    quota = Quota(parse_rates("1/day"), "redis://:secret@127.0.0.1:1/0")
    taken(quota, *["a"] * 3)
    assert len(caplog.records) == 4
    assert "secret" not in caplog.text
