"""Look-ups: all addresses of a name are checked, and a silent name server holds nothing up."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from app.sources.errors import UrlRefused, UrlUnreachable
from app.sources.resolution import THREADS, Resolver, system_lookup
from tests.app.sources.web import OTHER_PUBLIC, PUBLIC, Names


def test_all_addresses_of_a_public_name_are_returned_once() -> None:
    names = Names({"a.example": [[OTHER_PUBLIC, PUBLIC, OTHER_PUBLIC]]})
    assert asyncio.run(Resolver(names).public_addresses("a.example", 443)) == [OTHER_PUBLIC, PUBLIC]
    assert names.asked == [("a.example", 443)]


def test_the_system_knows_the_loopback_in_short() -> None:
    assert system_lookup("127.1", 80) == ["127.0.0.1"]
    with pytest.raises(UrlRefused):
        asyncio.run(Resolver().public_addresses("127.1", 80))


@pytest.mark.parametrize("error", [OSError("no name"), UnicodeError("no text")])
def test_a_look_up_that_fails_finds_no_host(error: Exception) -> None:
    def lookup(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(UrlUnreachable, match="no host"):
        asyncio.run(Resolver(lookup).public_addresses("a.example", 80))


def test_there_are_never_more_threads_than_allowed_though_nobody_waits_for_them() -> None:
    may_end, running = threading.Event(), 0

    def lookup(host: str, port: int) -> list[str]:
        nonlocal running
        running += 1
        assert may_end.wait(10)
        return [PUBLIC]

    async def go() -> list[str]:
        resolver = Resolver(lookup)
        asking = [asyncio.create_task(resolver.public_addresses("slow.example", 80)) for _ in range(3 * THREADS)]
        await asyncio.sleep(0.2)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        assert running == THREADS
        may_end.set()
        return await resolver.public_addresses("next.example", 80)

    assert asyncio.run(go()) == [PUBLIC]


def test_a_loop_ends_before_its_look_up() -> None:
    may_end = threading.Event()

    def lookup(host: str, port: int) -> list[str]:
        assert may_end.wait(10)
        return [PUBLIC]

    async def go() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Resolver(lookup).public_addresses("slow.example", 80), 0.1)

    start = time.monotonic()
    asyncio.run(go())
    assert time.monotonic() - start < 5
    may_end.set()
