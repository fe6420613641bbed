from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from app.access import quota as module
from app.access.quota import Allowance, Quota, check_storage, parse_rates
from tests.app.redis_server import RedisServer, needs_redis, redis_running

MEMORY = "memory://"


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_running() as server:
        yield server


def taken(quota: Quota, *clients: str) -> list[Allowance | None]:
    """What the clients are told, one after another."""

    async def take_all() -> list[Allowance | None]:
        try:
            return [await quota.take(client) for client in clients]
        finally:
            await quota.close()

    return asyncio.run(take_all())


def allowed(found: list[Allowance | None]) -> list[bool]:
    return [allowance is not None and allowance.allowed for allowance in found]


def test_each_client_has_its_own_share() -> None:
    quota = Quota(parse_rates("2/day"), MEMORY)
    assert allowed(taken(quota, "a", "a", "b", "a", "b", "b")) == [True, True, True, False, True, False]
    assert quota.uncounted == 0


def test_the_allowance_tells_what_is_left_and_until_when() -> None:
    first, second, third = taken(Quota(parse_rates("2/minute"), MEMORY), "a", "a", "a")
    assert first is not None
    assert second is not None
    assert third is not None
    assert [(a.allowed, a.limit, a.remaining) for a in (first, second, third)] == [
        (True, 2, 1),
        (True, 2, 0),
        (False, 2, 0),
    ]
    assert all(1 <= a.reset_s <= 60 for a in (first, second, third))
    assert first.headers == {
        "RateLimit-Limit": "2",
        "RateLimit-Remaining": "1",
        "RateLimit-Reset": str(first.reset_s),
    }


def test_of_several_rates_the_tightest_is_told() -> None:
    quota = Quota(parse_rates("10/day;2/hour"), MEMORY)
    found = taken(quota, "a", "a", "a")
    assert [(a.limit, a.remaining) for a in found if a] == [(2, 1), (2, 0), (2, 0)]
    assert allowed(found) == [True, True, False]


def test_what_a_short_rate_refuses_does_not_use_up_the_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    quota = Quota(parse_rates("4/day;2/minute"), MEMORY)
    assert allowed(taken(quota, *["a"] * 6)) == [True, True, False, False, False, False]
    now += 120
    assert allowed(taken(quota, *["a"] * 3)) == [True, True, False]


def test_who_waits_as_long_as_told_may_go_on() -> None:
    async def wait_and_take() -> None:
        quota = Quota(parse_rates("2/second"), MEMORY)
        for _ in range(20):
            allowance = await quota.take("a")
            assert allowance is not None
            if not allowance.allowed:
                break
        assert not allowance.allowed
        await asyncio.sleep(allowance.reset_s)
        again = await quota.take("a")
        assert again is not None
        assert again.allowed

    asyncio.run(wait_and_take())


def test_many_at_once_get_no_more_than_one_after_another() -> None:
    async def at_once() -> list[Allowance | None]:
        quota = Quota(parse_rates("5/day"), MEMORY)
        return list(await asyncio.gather(*(quota.take("a") for _ in range(50))))

    assert allowed(asyncio.run(at_once())).count(True) == 5


def test_ever_new_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COUNTERS", 50)
    quota = Quota(parse_rates("1/day"), MEMORY)
    assert all(allowed(taken(quota, *(f"address:{number}" for number in range(500)))))
    memory = quota._memory
    assert memory is not None
    assert max(len(memory.storage), len(memory.expirations), len(memory.locks), len(memory.events)) <= 50
    assert allowed(taken(quota, "address:499", "address:0")) == [False, True]  # the oldest were forgotten


def test_counters_of_clients_that_are_gone_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    quota = Quota(parse_rates("5/second"), MEMORY)
    taken(quota, *(f"address:{number}" for number in range(100)))
    now += 10
    taken(quota, "b", "b")
    assert quota._memory is not None
    assert len(quota._memory.storage) == 1


@pytest.mark.parametrize("text", ["60/minute", "10/second;100/minute", "10 per 5 minutes", " 1/day ", "1/hour,2/day"])
def test_rates(text: str) -> None:
    assert all(rate.amount >= 1 for rate in parse_rates(text))


def test_no_rate_is_no_limit() -> None:
    assert parse_rates("") == parse_rates("  ") == ()


@pytest.mark.parametrize("text", ["many", "60", "60/fortnight", "/minute", "-1/minute", "0/minute", "1.5/hour", "1/h;"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        parse_rates(text)


@pytest.mark.parametrize(
    "url",
    [
        MEMORY,
        "redis://cache:6379",
        "redis://cache:6379/",
        "rediss://me:secret@cache:6379/2",
        "redis://[::1]:6379",
    ],
)
def test_storages(url: str) -> None:
    check_storage(url)
    asyncio.run(Quota(parse_rates("1/day"), url).close())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory://x",
        "cache:6379",
        "http://cache",
        "redis://",
        "redis:///0",
        "redis://cache",
        "redis://:secret/0@cache:6379",
        "redis://one:6379,two:6379",
        "redis://:secret@cache:port",
        "redis://:secret@cache:99999",
        "redis://:secret@cache:6379/one",
        "redis://:secret@cache:6379/0?db=1",
        "memcached://cache",
    ],
)
def test_what_is_no_storage_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_storage(url)
    assert "secret" not in str(caught.value)


@needs_redis
def test_two_processes_count_together(redis: RedisServer) -> None:
    rates = parse_rates("3/day")
    one, other = Quota(rates, redis.url), Quota(rates, redis.url)
    assert allowed(taken(one, "a", "a")) == [True, True]
    assert allowed(taken(other, "a", "a", "b")) == [True, False, True]
    assert allowed(taken(one, "a")) == [False]


@needs_redis
def test_what_lies_in_redis_has_our_name_and_an_end(redis: RedisServer) -> None:
    taken(Quota(parse_rates("3/minute"), redis.url), "address:203.0.113.9")
    keys = redis.keys()
    assert len(keys) == 1
    assert all("likeness" in key and 0 < milliseconds <= 120_000 for key, milliseconds in keys.items())


@needs_redis
def test_connections_are_let_go(redis: RedisServer) -> None:
    async def use() -> int:
        quota = Quota(parse_rates("1000/day"), redis.url)
        await asyncio.gather(*(quota.take("a") for _ in range(100)))
        open_then = redis.clients()
        await quota.close()
        return open_then

    assert 1 <= asyncio.run(use()) <= module.MAX_CONNECTIONS
    assert redis.clients() == 0


@needs_redis
def test_a_redis_that_dies_and_comes_back(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.3)

    async def live_through() -> None:
        quota = Quota(parse_rates("2/day"), redis.url)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        redis.kill()
        began = time.perf_counter()
        assert [await quota.take("a") for _ in range(500)] == [None] * 500
        assert time.perf_counter() - began < 2 * module.PATIENCE_S
        assert quota.uncounted == 500
        redis.start()
        await asyncio.sleep(module.PAUSE_S)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        assert quota.uncounted == 500
        await quota.close()

    asyncio.run(live_through())
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be reached" in caplog.text


@needs_redis
def test_a_redis_that_hangs_costs_one_photo_its_patience_and_the_others_nothing(redis: RedisServer) -> None:
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
    assert module.PATIENCE_S * 0.9 < first < module.PATIENCE_S + 0.5
    assert others < module.PATIENCE_S


def test_a_redis_that_was_never_there(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    quota = Quota(parse_rates("1/day"), "redis://:secret@127.0.0.1:1/0")
    assert taken(quota, *["a"] * 20) == [None] * 20
    assert quota.uncounted == 20
    assert len(caplog.records) == 1
    monkeypatch.setattr(module, "SILENCE_S", 0.0)
    quota = Quota(parse_rates("1/day"), "redis://:secret@127.0.0.1:1/0")
    taken(quota, *["a"] * 3)
    assert len(caplog.records) == 4
    assert "secret" not in caplog.text
