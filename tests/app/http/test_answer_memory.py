"""Answers share a limited memory: if it is full, the slowest reader makes way."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from starlette.types import Message, Scope

from app.http import answer_memory
from app.http.answer_memory import AnswerMemory
from app.http.large_response import PIECE, LargeResponse
from app.work.memory import Ledger
from tests.app.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(answer_memory, "time", SimpleNamespace(monotonic=clock))
    return clock


class Connections:
    """Scopes with names, and the names of those that were cut."""

    def __init__(self) -> None:
        self.cut: list[str] = []

    def scope(self, name: str) -> Scope:
        return {"cut": lambda code, _: self.cut.append(f"{name} {code}")}


def test_the_client_with_the_lowest_rate_is_cut(clock: Clock) -> None:
    connections, ledger = Connections(), Ledger()
    memory = AnswerMemory(100, ledger)
    with ExitStack() as stack:
        early = stack.enter_context(memory.held(40, connections.scope("early")))
        clock.now += 10
        late = stack.enter_context(memory.held(40, connections.scope("late")))
        early.sent, late.sent = 20, 10
        clock.now += 4  # 20 bytes in 14 seconds, 10 in 4
        stack.enter_context(memory.held(40, connections.scope("new")))
        assert connections.cut == ["early answer_memory_full"]
        assert ledger.reserved == 120, "what was cut is reserved until its task has ended"
        stack.enter_context(memory.held(20, connections.scope("small")))
        assert len(connections.cut) == 1, "what was cut still counts"
    assert ledger.reserved == 0


def test_an_answer_that_has_just_begun_is_not_called_slow(clock: Clock) -> None:
    memory, connections = AnswerMemory(100, Ledger()), Connections()
    with memory.held(40, connections.scope("slow")) as slow:
        clock.now += 60
        slow.sent = 30
        with memory.held(40, connections.scope("young")), memory.held(40, connections.scope("new")):
            assert connections.cut == ["slow answer_memory_full"]


def test_of_answers_that_have_just_begun_the_one_with_most_left_is_cut(clock: Clock) -> None:
    memory, connections = AnswerMemory(100, Ledger()), Connections()
    with memory.held(40, connections.scope("nearly done")) as first, memory.held(40, connections.scope("begun")):
        first.sent = 39
        with memory.held(40, connections.scope("new")):
            assert connections.cut == ["begun answer_memory_full"]


def test_what_only_fills_the_send_buffer_is_not_taken(clock: Clock) -> None:
    memory, connections = AnswerMemory(100, Ledger()), Connections()
    taken = {"stalled": 500, "reading": 0}  # 500: an earlier answer on the same connection
    scopes = {name: {**connections.scope(name), "delivered": lambda name=name: taken[name]} for name in taken}
    with memory.held(40, scopes["stalled"]) as stalled, memory.held(40, scopes["reading"]) as reading:
        stalled.sent, reading.sent = 40, 20
        taken.update(stalled=501, reading=15)
        clock.now += 5
        with memory.held(40, connections.scope("new")):
            assert connections.cut == ["stalled answer_memory_full"]


def test_one_answer_alone_may_be_larger(clock: Clock) -> None:
    memory, connections = AnswerMemory(100, Ledger()), Connections()
    with memory.held(60, connections.scope("a")), memory.held(30, connections.scope("b")):
        with memory.held(500, connections.scope("large")):
            assert len(connections.cut) == 2
        with memory.held(100, connections.scope("later")):
            assert len(connections.cut) == 2


def test_a_server_that_cannot_cut_connections_goes_on() -> None:
    memory = AnswerMemory(10, Ledger())
    with memory.held(8, {}), memory.held(8, {}):
        pass


def test_a_large_answer_is_held_until_its_last_piece_is_taken() -> None:
    body, ledger = bytes(range(256)) * 3000, Ledger()
    response = LargeResponse(body, media_type="image/png", answers=AnswerMemory(0, ledger), headers=None)
    sent: list[bytes] = []
    reserved: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])
            reserved.append(ledger.reserved)
            assert message["more_body"] is bool(message["body"])

    asyncio.run(response({}, None, send))  # type: ignore[arg-type]
    assert b"".join(sent) == body
    assert [len(piece) for piece in sent] == [PIECE, PIECE, len(body) - 2 * PIECE, 0]
    assert set(reserved) == {len(body)}
    assert ledger.reserved == 0
