"""Breakers: after some failures in a row nobody waits, and one call at a time finds out whether that is over."""

from __future__ import annotations

import asyncio

import pytest

from jobs.breakers import (
    FAILURES,
    HOST_PAUSE_S,
    MOST_HOSTS,
    PAUSE_S,
    TRY_S,
    Breaker,
    Breakers,
    Call,
    HostBreakers,
    StoreBreaker,
    watched,
)
from jobs.errors import StoreUnavailable, UnknownJob


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(breaker: Breaker) -> Call:
    call = breaker.begin()
    assert call is not None
    return call


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock=clock)
    for _ in range(FAILURES):
        assert breaker.state == "closed"
        breaker.failed(begun(breaker))
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker()
    for _ in range(3 * FAILURES):
        breaker.failed(begun(breaker))
        breaker.failed(begun(breaker))
        breaker.worked()
    assert breaker.state == "closed"
    assert breaker.wait_s == 0


def test_one_call_tries_after_a_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    assert breaker.state == "open"
    assert breaker.wait_s == PAUSE_S
    assert breaker.begin() is None
    clock.now += PAUSE_S
    begun(breaker)
    assert breaker.state == "half-open"
    assert [breaker.begin() for _ in range(3)] == [None] * 3
    assert breaker.wait_s == TRY_S
    breaker.worked()
    assert breaker.state == "closed"
    begun(breaker)


def test_a_try_that_fails_begins_the_next_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    for _ in range(3):
        clock.now += PAUSE_S
        breaker.failed(begun(breaker))
        assert breaker.state == "open"
        assert breaker.wait_s == PAUSE_S


def test_a_try_that_never_ends_or_was_cancelled_does_not_keep_it_shut() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += PAUSE_S
    begun(breaker)
    clock.now += TRY_S
    breaker.left(begun(breaker))
    assert breaker.state == "open"
    begun(breaker)


@pytest.mark.parametrize("end", ["left", "failed"])
def test_a_call_that_began_before_it_opened_lets_no_second_one_try(end: str) -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    early = [begun(breaker) for _ in range(FAILURES + 1)]
    for call in early[:-1]:
        breaker.failed(call)
    clock.now += PAUSE_S
    begun(breaker)
    getattr(breaker, end)(early[-1])
    clock.now += PAUSE_S
    assert breaker.begin() is None
    assert breaker.state == "half-open"


def test_calls_that_began_before_it_opened_make_no_pause_longer() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    early = [begun(breaker) for _ in range(FAILURES + 1)]
    for call in early[:-1]:
        breaker.failed(call)
    clock.now += PAUSE_S / 2
    breaker.failed(early[-1])
    assert breaker.wait_s == PAUSE_S / 2


def fail(breaker: StoreBreaker, error: BaseException) -> None:
    with pytest.raises(type(error)), breaker.watching():
        raise error


def test_a_store_that_does_not_answer_is_not_asked() -> None:
    clock = Clock()
    breaker = StoreBreaker(clock=clock)
    for _ in range(FAILURES):
        fail(breaker, StoreUnavailable("The disk is full."))
    with pytest.raises(StoreUnavailable, match="disk is full") as caught, breaker.watching():
        pytest.fail("it was asked")
    assert caught.value.retry_after == PAUSE_S
    clock.now += PAUSE_S
    with breaker.watching():
        pass
    assert breaker.state == "closed"


def test_an_answer_that_is_an_error_is_an_answer() -> None:
    breaker = StoreBreaker()
    for _ in range(3 * FAILURES):
        fail(breaker, StoreUnavailable("The store does not answer."))
        fail(breaker, UnknownJob("There is no such job."))
    assert breaker.state == "closed"


@pytest.mark.parametrize("error", [asyncio.CancelledError(), RuntimeError()])
def test_a_call_that_is_given_up_shows_nothing(error: BaseException) -> None:
    breaker = StoreBreaker()
    for _ in range(FAILURES - 1):
        fail(breaker, StoreUnavailable("The store does not answer."))
    for _ in range(FAILURES):
        fail(breaker, error)
    assert breaker.state == "closed"
    fail(breaker, StoreUnavailable("The store does not answer."))
    assert breaker.state == "open"


def test_hosts_are_apart_and_their_number_is_bounded() -> None:
    hosts = HostBreakers()
    for _ in range(FAILURES):
        hosts.of("away.example.org").failed(begun(hosts.of("away.example.org")))
    assert hosts.of("away.example.org").wait_s > 0
    assert hosts.of("shop.example.org").wait_s == 0
    assert hosts.resting == ["away.example.org"]
    assert hosts.state == "open"
    for number in range(MOST_HOSTS):
        hosts.of(f"{number}.example.org")
    assert len(hosts._breakers) == MOST_HOSTS
    assert hosts.state == "closed"


def test_a_host_that_gets_nothing_more_is_not_told_as_away_for_ever() -> None:
    clock = Clock()
    hosts = HostBreakers(clock)
    for _ in range(FAILURES):
        hosts.of("away.example.org").failed(begun(hosts.of("away.example.org")))
    assert hosts.state == "open"
    clock.now += HOST_PAUSE_S
    assert hosts.state == "closed"


def test_the_states_of_those_that_there_are() -> None:
    assert Breakers(None, None, None).states() == {}
    breakers = Breakers(StoreBreaker(), StoreBreaker(), HostBreakers())
    assert breakers.states() == {"database": "closed", "objects": "closed", "webhooks": "closed"}
    with watched(None):
        pass
