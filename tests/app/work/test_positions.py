"""Positions in the queue: how many photos go on the device before one that waits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from app.work.admission import Admission
from pipeline.run import Run


class Line:
    """Photos in one admission, and the positions that each was sent."""

    def __init__(self, slots: int, photos: int) -> None:
        self.admission = Admission(slots, queue_size=8)
        self.runs = [Run() for _ in range(photos)]
        self.sent: list[list[int]] = [[] for _ in range(photos)]
        self.places = [AsyncExitStack() for _ in range(photos)]
        self.devices = [AsyncExitStack() for _ in range(photos)]
        for place, run, sent in zip(self.places, self.runs, self.sent, strict=True):
            arrival = place.enter_context(self.admission.arriving("client"))
            place.enter_context(self.admission.place(run, arrival, sent.append))

    async def enter(self, index: int) -> None:
        await self.devices[index].enter_async_context(self.admission.device(self.runs[index]))

    async def leave(self, index: int) -> None:
        await self.devices[index].aclose()
        await self.places[index].aclose()

    def news(self) -> list[list[int]]:
        """The positions that each photo was sent since the last call."""
        found = [list(sent) for sent in self.sent]
        for sent in self.sent:
            sent.clear()
        return found


def test_positions_count_down_as_photos_go_on_the_device() -> None:
    async def move() -> None:
        line = Line(slots=1, photos=4)
        assert line.news() == [[0], [1], [2], [3]]
        await line.enter(0)
        assert line.news() == [[], [0], [1], [2]]
        await line.leave(0)
        await line.enter(1)
        assert line.news() == [[], [], [0], [1]]
        await line.leave(2)  # its client went away
        assert line.news() == [[], [], [], [0]]

    asyncio.run(move())


def test_photos_with_a_free_slot_have_position_0() -> None:
    async def move() -> None:
        line = Line(slots=3, photos=5)
        assert line.news() == [[0], [0], [0], [1], [2]]
        await line.enter(0)
        await line.enter(1)
        assert line.news() == [[], [], [], [], []]
        await line.enter(2)
        assert line.news() == [[], [], [], [0], [1]]
        await line.leave(0)
        assert line.news() == [[], [], [], [], []]  # the first of them gets the slot
        await line.leave(1)
        assert line.news() == [[], [], [], [], [0]]

    asyncio.run(move())


def test_an_overtaken_photo_is_sent_its_new_position() -> None:
    """The photo that is decoded first goes on the device first."""

    async def move() -> None:
        line = Line(slots=1, photos=4)
        await line.enter(0)
        line.news()
        waiting = asyncio.ensure_future(line.enter(3))  # decoded before 1 and 2
        await asyncio.sleep(0.01)
        assert line.news() == [[], [1], [2], [0]]
        behind = asyncio.ensure_future(line.enter(2))
        await asyncio.sleep(0.01)
        assert line.news() == [[], [2], [1], []]
        await line.leave(0)
        await waiting
        assert line.news() == [[], [1], [0], []]
        await line.leave(3)
        await behind
        assert line.news() == [[], [0], [], []]

    asyncio.run(move())


def test_a_decoded_photo_that_waits_is_sent_its_position_again() -> None:
    async def move() -> None:
        line = Line(slots=1, photos=2)
        await line.enter(0)
        line.news()
        waiting = asyncio.ensure_future(line.enter(1))
        await asyncio.sleep(0.01)
        assert line.news() == [[], [0]]
        await line.leave(0)
        await waiting
        assert line.news() == [[], []]

    asyncio.run(move())
