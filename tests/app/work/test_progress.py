"""What is told of a photo's progress: the newest of everything, in order, however slowly it is taken up."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from app.work.progress import News, Progress, Queued, StageReached

STAGES = ("decode", "detection", "restoration", "upscaling", "encode")
TAKE = None

fractions = st.lists(st.floats(0, 1), max_size=5).map(sorted)
positions = st.lists(st.integers(0, 5), max_size=2)


@st.composite
def stories(draw: st.DrawFn) -> list[StageReached | Queued | None]:
    """A photo's way through all stages, with positions and takings up in between."""
    story: list[StageReached | Queued | None] = []
    for stage in STAGES:
        for fraction in [0.0, *draw(fractions)]:
            story += [Queued(position) for position in draw(positions)]
            story += [TAKE] * draw(st.booleans())
            story.append(StageReached(stage, fraction))
    return story


@given(stories())
def test_whatever_happens_between_two_takings(story: list[StageReached | Queued | None]) -> None:
    async def tell() -> list[list[News]]:
        progress, takings = Progress(), []
        for event in story:
            if event is TAKE:
                takings.append(await progress.news(within=0))
            elif isinstance(event, Queued):
                progress.moved(event.position)
            else:
                progress.reached(event.stage, event.fraction)
        return [*takings, await progress.news(within=0)]

    takings = asyncio.run(tell())
    told = [event for news in takings for event in news]
    stages = [event for event in told if isinstance(event, StageReached)]
    by_stage = {name: [event.fraction for event in events] for name, events in groupby(stages, lambda e: e.stage)}
    assert tuple(by_stage) == STAGES  # each of them, in order, without a way back
    for name, found in by_stage.items():
        assert found[0] == 0
        assert found == sorted(set(found)), "it fell, or said nothing new"
        expected = max(e.fraction for e in story if isinstance(e, StageReached) and e.stage == name)
        assert found[-1] == round(expected, 3), "the newest is missing"
    for news in takings:
        assert len([event for event in news if isinstance(event, Queued)]) <= 1
        for name in STAGES:
            assert len([event for event in news if isinstance(event, StageReached) and event.stage == name]) <= 2
    wanted = [event.position for event in story if isinstance(event, Queued)]
    found_positions = [event.position for event in told if isinstance(event, Queued)]
    assert found_positions[-1:] == wanted[-1:]


def test_a_thread_is_not_held_up_and_nothing_piles_up() -> None:
    async def follow() -> tuple[int, list[News], float]:
        progress = Progress()

        def work() -> None:
            for tile in range(20_000):
                progress.reached("upscaling", tile / 20_000)
            progress.reached("encode", 0.0)
            loop.call_soon_threadsafe(progress.end)

        loop = asyncio.get_running_loop()
        most, told = 0, []
        thread = threading.Thread(target=work)
        thread.start()
        while news := await progress.news(within=60):
            most, told = max(most, len(news)), told + news
            time.sleep(0.01)  # noqa: ASYNC251 - the loop is busy with others
        thread.join()
        return most, told, await _seconds(progress)

    async def _seconds(progress: Progress) -> float:
        start = time.monotonic()
        assert await progress.news(within=60) == []
        return time.monotonic() - start

    most, told, at_the_end = asyncio.run(follow())
    assert most <= 3
    assert told[0] == StageReached(stage="upscaling", fraction=0)
    assert told[-1] == StageReached(stage="encode", fraction=0)
    assert told[-2] == StageReached(stage="upscaling", fraction=1)
    assert at_the_end < 30, "it waited for news after the end"


def test_it_waits_until_there_is_something_but_not_for_ever() -> None:
    async def wait() -> tuple[list[News], list[News]]:
        progress = Progress()
        nothing = await progress.news(within=0.01)
        asyncio.get_running_loop().call_later(0.01, progress.moved, 3)
        return nothing, await progress.news(within=None)

    assert asyncio.run(wait()) == ([], [Queued(3)])


def test_a_stage_in_two_parts_is_one() -> None:
    """Metrics are measured on the device and beside it: whoever watches sees no fraction fall."""

    async def tell() -> list[News]:
        progress = Progress()
        for fraction in (0.0, 0.5, 0.0, 0.25, 0.75):
            progress.reached("metrics", fraction)
        return await progress.news(within=0)

    told = asyncio.run(tell())
    assert told == [StageReached(stage="metrics", fraction=0), StageReached(stage="metrics", fraction=0.75)]


def test_a_thread_that_outlives_the_loop_goes_on() -> None:
    async def begin() -> Progress:
        return Progress()

    progress = asyncio.run(begin())
    progress.reached("upscaling", 0.5)
