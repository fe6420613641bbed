"""The tasks of a process write to SQLite one after the other."""

from __future__ import annotations

import asyncio

import pytest

from jobs.errors import StoreUnavailable
from jobs.store import turn
from jobs.store.connection import engine_for
from jobs.store.turn import Turns

pytestmark = pytest.mark.anyio


async def test_turns_come_in_order_and_one_at_a_time() -> None:
    turns, seen = Turns(engine_for("sqlite://")), []

    async def take(number: int) -> None:
        async with turns.turn():
            seen.append(number)
            await asyncio.sleep(0)
            seen.append(number)

    await asyncio.gather(*(take(number) for number in range(5)))
    assert seen == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


async def test_a_turn_that_does_not_come_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "_WAIT_S", 0.01)
    turns = Turns(engine_for("sqlite://"))
    async with turns.turn():
        with pytest.raises(StoreUnavailable, match="busy"):
            async with turns.turn():
                pytest.fail("two at a time")
    async with turns.turn():
        pass


async def test_an_error_in_a_turn_ends_it() -> None:
    turns = Turns(engine_for("sqlite://"))
    for _ in range(2):
        with pytest.raises(KeyError):
            async with turns.turn():
                raise KeyError


async def test_postgresql_takes_all_at_once() -> None:
    turns = Turns(engine_for("postgresql://u@host/jobs"))
    async with turns.turn(), turns.turn():
        pass
