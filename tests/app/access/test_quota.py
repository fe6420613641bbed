"""Each client has its own share of the rate, counted in memory."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.access import quota as module
from app.access.quota import Allowance, Quota, parse_rates
from tests.app.access.counting import allowed, taken

MEMORY = "memory://"


def test_each_client_has_its_own_share() -> None:
    quota = Quota(parse_rates("2/day"), MEMORY)
    assert allowed(taken(quota, "a", "a", "b", "a", "b", "b")) == [True, True, True, False, True, False]
    assert quota.uncounted == 0


def test_the_allowance_has_the_remaining_requests_and_the_reset_time() -> None:
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


def test_the_allowance_is_that_of_the_tightest_rate() -> None:
    quota = Quota(parse_rates("10/day;2/hour"), MEMORY)
    found = taken(quota, "a", "a", "a")
    assert [(a.limit, a.remaining) for a in found if a] == [(2, 1), (2, 0), (2, 0)]
    assert allowed(found) == [True, True, False]


def test_requests_refused_by_a_short_rate_do_not_count_for_the_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    quota = Quota(parse_rates("4/day;2/minute"), MEMORY)
    assert allowed(taken(quota, *["a"] * 6)) == [True, True, False, False, False, False]
    now += 120
    assert allowed(taken(quota, *["a"] * 3)) == [True, True, False]


def test_a_client_is_allowed_again_after_the_reset_time() -> None:
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


def test_concurrent_requests_do_not_exceed_the_rate() -> None:
    async def at_once() -> list[Allowance | None]:
        quota = Quota(parse_rates("5/day"), MEMORY)
        return list(await asyncio.gather(*(quota.take("a") for _ in range(50))))

    assert allowed(asyncio.run(at_once())).count(True) == 5


def test_the_number_of_counters_in_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COUNTERS", 50)
    quota = Quota(parse_rates("1/day"), MEMORY)
    assert all(allowed(taken(quota, *(f"address:{number}" for number in range(500)))))
    memory = quota._memory
    assert memory is not None
    assert max(len(memory.storage), len(memory.expirations), len(memory.locks), len(memory.events)) <= 50
    assert allowed(taken(quota, "address:499", "address:0")) == [False, True]  # the oldest were forgotten


def test_counters_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    quota = Quota(parse_rates("5/second"), MEMORY)
    taken(quota, *(f"address:{number}" for number in range(100)))
    now += 10
    taken(quota, "b", "b")
    assert quota._memory is not None
    assert len(quota._memory.storage) == 1
