"""The settings of the rate limit: rates, and the storage of the counters."""

from __future__ import annotations

import asyncio

import pytest

from app.access.quota import Quota, check_storage, parse_rates


@pytest.mark.parametrize("text", ["60/minute", "10/second;100/minute", "10 per 5 minutes", " 1/day ", "1/hour,2/day"])
def test_rates_are_parsed(text: str) -> None:
    assert all(rate.amount >= 1 for rate in parse_rates(text))


def test_an_empty_text_has_no_rates() -> None:
    assert parse_rates("") == parse_rates("  ") == ()


@pytest.mark.parametrize("text", ["many", "60", "60/fortnight", "/minute", "-1/minute", "0/minute", "1.5/hour", "1/h;"])
def test_a_malformed_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        parse_rates(text)


@pytest.mark.parametrize(
    "url",
    [
        "memory://",
        "redis://cache:6379",
        "redis://cache:6379/",
        "rediss://me:secret@cache:6379/2",
        "redis://[::1]:6379",
    ],
)
def test_a_storage_is_accepted(url: str) -> None:
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
def test_a_bad_storage_is_refused_and_its_password_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_storage(url)
    assert "secret" not in str(caught.value)
