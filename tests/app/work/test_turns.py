"""Turns: rounds over clients, and a semaphore that lets in the lowest order."""

from __future__ import annotations

import asyncio

import pytest

from app.work.turns import REMEMBERED, Order, Rounds, Turns


class Queue:
    """Photos of clients that wait, and are taken in the order of their rounds."""

    def __init__(self) -> None:
        self.rounds = Rounds()
        self._waiting: list[tuple[int, int, str]] = []
        self._arrivals = 0

    def add(self, *clients: str) -> None:
        for client in clients:
            self._arrivals += 1
            self._waiting.append((self.rounds.next_of(client), self._arrivals, client))

    def take(self, count: int) -> str:
        """The clients of the next photos."""
        taken = ""
        for _ in range(count):
            self._waiting.sort()
            present, _, client = self._waiting.pop(0)
            self.rounds.begin(present)
            taken += client
        return taken


def test_clients_take_turns() -> None:
    queue = Queue()
    queue.add(*"aaaabbc")
    assert queue.take(7) == "abcabaa"


def test_a_new_client_waits_for_one_photo_of_each_other_and_not_for_all() -> None:
    queue = Queue()
    queue.add(*"aaaaaa")
    assert queue.take(2) == "aa"
    queue.add("b")
    assert queue.take(3) == "aba"


def test_a_stream_of_new_clients_keeps_no_old_one_waiting() -> None:
    queue = Queue()
    queue.add(*"aaaa")
    taken = ""
    for name in "bcdefghijklm":
        queue.add(name)
        taken += queue.take(1)
    assert taken.count("a") == 4


def test_a_client_that_comes_back_after_its_photo_is_before_one_that_had_more_turns() -> None:
    queue = Queue()
    queue.add(*"aaaaaaaa")
    queue.add("b")
    assert queue.take(4) == "abaa"
    queue.add("b")
    assert queue.take(2) == "ba"


def test_clients_are_forgotten_once_their_last_turn_is_long_ago() -> None:
    queue = Queue()
    queue.add("b", *"a" * (REMEMBERED + 4))
    queue.take(REMEMBERED + 3)
    queue.add("b")  # as new: in the round after the present one, behind the other
    assert queue.take(2) == "ab"


def test_a_client_can_be_forgotten() -> None:
    rounds = Rounds()
    assert [rounds.next_of("a") for _ in range(3)] == [1, 2, 3]
    rounds.forget("a")
    rounds.forget("never here")
    assert rounds.next_of("a") == 1


def test_the_lowest_order_is_let_in_first() -> None:
    async def wait() -> list[str]:
        turns, done = Turns(1), []

        async def one(name: str, order: Order) -> None:
            await turns.acquire(order)
            done.append(name)
            await asyncio.sleep(0)
            turns.release()

        await turns.acquire((9,))
        waiting = [asyncio.ensure_future(one(*entry)) for entry in (("c", (1, 2)), ("b", (1, 1)), ("a", (0, 5)))]
        waiting.append(asyncio.ensure_future(one("d", (1, 2))))
        await asyncio.sleep(0)
        turns.release()
        await asyncio.gather(*waiting)
        return done

    assert asyncio.run(wait()) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("has_its_turn", [False, True])
def test_one_that_leaves_loses_no_place(has_its_turn: bool) -> None:
    async def leave() -> None:
        turns = Turns(1)
        await turns.acquire((0,))
        leaving = asyncio.ensure_future(turns.acquire((1,)))
        await asyncio.sleep(0)
        if has_its_turn:
            turns.release()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        if not has_its_turn:
            turns.release()
        await asyncio.wait_for(turns.acquire((2,)), 1)

    asyncio.run(leave())


def test_a_place_that_comes_free_while_a_waiting_task_is_cancelled_goes_to_the_next() -> None:
    async def scenario() -> None:
        turns = Turns(1)
        await turns.acquire((0,))
        leaving, staying = (asyncio.create_task(turns.acquire((order,))) for order in (1, 2))
        await asyncio.sleep(0)
        leaving.cancel()
        turns.release()  # before the cancelled task has run
        await asyncio.wait_for(staying, 5)
        assert leaving.cancelled()
        turns.release()
        await asyncio.wait_for(turns.acquire((3,)), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(turns.acquire((4,)), 0.01)  # only one place was given back

    asyncio.run(scenario())
