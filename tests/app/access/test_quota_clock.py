"""A clock that is set forward or back by an hour locks nobody out for longer than the rate's own time."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis

from app.access.quota import Quota, parse_rates
from tests.app.access.counting import allowed, taken
from tests.app.clock import Clock
from tests.app.redis_server import needs_redis, redis_running

HOUR = 3600
MEMORY = "memory://"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1_000_000_000.0)
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
@pytest.mark.parametrize("text", ["2/second", "2/minute", "2/hour"])
def test_a_client_waits_at_most_the_time_of_its_rate(clock: Clock, jump: int, text: str) -> None:
    quota = Quota(parse_rates(text), MEMORY)
    window = parse_rates(text)[0].get_expiry()
    assert allowed(taken(quota, "a", "a", "a")) == [True, True, False]
    clock.now += jump
    waited = 0
    while True:
        (allowance,) = taken(quota, "a")
        assert allowance is not None
        assert 1 <= allowance.reset_s <= window
        if allowance.allowed:
            break
        clock.now += allowance.reset_s
        waited += allowance.reset_s
    assert waited <= window


def test_counters_of_before_the_clock_went_back_are_met_again_for_two_windows_at_most(clock: Clock) -> None:
    quota = Quota(parse_rates("2/minute"), MEMORY)
    assert all(allowed(taken(quota, "a", "a")))
    clock.now -= HOUR
    refused = []
    for _ in range(2 * 60):  # two hours, one photo a minute
        refused += [not one for one in allowed(taken(quota, "a"))]
        clock.now += 60
    assert sum(refused) <= 2


@needs_redis
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_the_clock_of_redis(jump: int) -> None:
    """Redis stores the moment when a counter ends, so a jump changes the time that is left to it."""

    async def live_through(url: str, port: int) -> None:
        quota = Quota(parse_rates("2/second"), url)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        with redis.Redis(port=port) as client:
            for key in client.scan_iter():
                client.pexpire(key, client.pttl(key) - jump * 1000)
        assert allowed([await quota.take("a") for _ in range(3)]) == [True, True, False]
        await quota.close()

    with redis_running() as server:
        asyncio.run(live_through(server.url, server.port))
