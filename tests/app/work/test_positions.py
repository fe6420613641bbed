"""Positions in the queue: how many photos go on the device before one that waits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from app.work.admission import Admission
from pipeline.run import Run


class Line:
    """Photos in an admission, each with the positions that it was told."""

    def __init__(self, slots: int, photos: int) -> None:
        self.admission = Admission(slots, queue_size=8)
        self.runs = [Run() for _ in range(photos)]
        self.told: list[list[int]] = [[] for _ in range(photos)]
        self.places = [AsyncExitStack() for _ in range(photos)]
        self.devices = [AsyncExitStack() for _ in range(photos)]
        for place, run, told in zip(self.places, self.runs, self.told, strict=True):
            place.enter_context(self.admission.place(run, told.append))

    async def enter(self, index: int) -> None:
        await self.devices[index].enter_async_context(self.admission.device(self.runs[index]))

    async def leave(self, index: int) -> None:
        await self.devices[index].aclose()
        await self.places[index].aclose()

    def news(self) -> list[list[int]]:
        """What each was told since the last time."""
        found = [list(told) for told in self.told]
        for told in self.told:
            told.clear()
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


def test_whoever_finds_a_free_slot_is_next() -> None:
    async def move() -> None:
        line = Line(slots=3, photos=5)
        assert line.news() == [[0], [0], [0], [1], [2]]
        await line.enter(0)
        await line.enter(1)
        assert line.news() == [[], [], [], [], []]
        await line.enter(2)
        assert line.news() == [[], [], [], [0], [1]]
        await line.leave(0)
        assert line.news() == [[], [], [], [], []]  # the slot is for the first of them
        await line.leave(1)
        assert line.news() == [[], [], [], [], [0]]

    asyncio.run(move())


def test_one_that_is_overtaken_is_told_so() -> None:
    """Who is decoded first goes on the device first."""

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


def test_a_decoded_photo_that_has_to_wait_is_told_its_position_once_more() -> None:
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
