"""Progress of a photo: a slow reader gets the newest fraction of every stage, in order."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from app.work.progress import News, Planned, Progress, Queued, StageReached

STAGES = ("decode", "detection", "restoration", "upscaling", "encode")
READ = None

fractions = st.lists(st.floats(0, 1), max_size=5).map(sorted)
positions = st.lists(st.integers(0, 5), max_size=2)


@st.composite
def stories(draw: st.DrawFn) -> list[StageReached | Queued | None]:
    """A photo's events through all stages, with reads in between."""
    story: list[StageReached | Queued | None] = []
    for stage in STAGES:
        for fraction in [0.0, *draw(fractions)]:
            story += [Queued(position) for position in draw(positions)]
            story += [READ] * draw(st.booleans())
            story.append(StageReached(stage, fraction))
    return story


@given(stories())
def test_a_reader_gets_the_newest_fraction_of_every_stage_in_order(story: list[StageReached | Queued | None]) -> None:
    async def follow_story() -> list[list[News]]:
        progress, batches = Progress(), []
        for event in story:
            if event is READ:
                batches.append(await progress.news(within=0))
            elif isinstance(event, Queued):
                progress.moved(event.position)
            else:
                progress.reached(event.stage, event.fraction)
        return [*batches, await progress.news(within=0)]

    batches = asyncio.run(follow_story())
    received = [event for news in batches for event in news]
    stages = [event for event in received if isinstance(event, StageReached)]
    by_stage = {name: [event.fraction for event in events] for name, events in groupby(stages, lambda e: e.stage)}
    assert tuple(by_stage) == STAGES  # every stage once, in order
    for name, found in by_stage.items():
        assert found[0] == 0
        assert found == sorted(set(found)), "a fraction fell or was sent twice"
        expected = max(e.fraction for e in story if isinstance(e, StageReached) and e.stage == name)
        assert found[-1] == round(expected, 3), "the newest fraction is missing"
    for news in batches:
        assert len([event for event in news if isinstance(event, Queued)]) <= 1
        for name in STAGES:
            assert len([event for event in news if isinstance(event, StageReached) and event.stage == name]) <= 2
    wanted = [event.position for event in story if isinstance(event, Queued)]
    found_positions = [event.position for event in received if isinstance(event, Queued)]
    assert found_positions[-1:] == wanted[-1:]


def test_reached_does_not_block_and_old_fractions_are_dropped() -> None:
    async def follow() -> tuple[int, list[News], float]:
        progress = Progress()

        def work() -> None:
            for tile in range(20_000):
                progress.reached("upscaling", tile / 20_000)
            progress.reached("encode", 0.0)
            loop.call_soon_threadsafe(progress.end)

        loop = asyncio.get_running_loop()
        most, received = 0, []
        thread = threading.Thread(target=work)
        thread.start()
        while news := await progress.news(within=60):
            most, received = max(most, len(news)), received + news
            time.sleep(0.01)  # noqa: ASYNC251 - the loop is busy with others
        thread.join()
        return most, received, await _seconds(progress)

    async def _seconds(progress: Progress) -> float:
        start = time.monotonic()
        assert await progress.news(within=60) == []
        return time.monotonic() - start

    most, received, at_the_end = asyncio.run(follow())
    assert most <= 3
    assert received[0] == StageReached(stage="upscaling", fraction=0)
    assert received[-1] == StageReached(stage="encode", fraction=0)
    assert received[-2] == StageReached(stage="upscaling", fraction=1)
    assert at_the_end < 30, "it waited for news after the end"


def test_news_waits_for_an_event_until_its_timeout() -> None:
    async def wait() -> tuple[list[News], list[News]]:
        progress = Progress()
        nothing = await progress.news(within=0.01)
        asyncio.get_running_loop().call_later(0.01, progress.moved, 3)
        return nothing, await progress.news(within=None)

    assert asyncio.run(wait()) == ([], [Queued(3)])


def test_the_fraction_of_a_stage_that_starts_again_does_not_fall() -> None:
    """The stage metrics runs twice: on the device and after it."""

    async def follow_story() -> list[News]:
        progress = Progress()
        for fraction in (0.0, 0.5, 0.0, 0.25, 0.75):
            progress.reached("metrics", fraction)
        return await progress.news(within=0)

    received = asyncio.run(follow_story())
    assert received == [StageReached(stage="metrics", fraction=0), StageReached(stage="metrics", fraction=0.75)]


def test_a_plan_is_news_of_its_own_with_the_sum_of_its_stages() -> None:
    async def follow_story() -> list[News]:
        progress = Progress()
        progress.reached("alignment", 0.0)
        progress.planned({"decode": 0.125, "upscaling": 2.5})
        progress.reached("restoration", 0.0)
        return await progress.news(within=0)

    plan = Planned(2.62, {"decode": 0.125, "upscaling": 2.5})
    assert asyncio.run(follow_story()) == [StageReached("alignment", 0), plan, StageReached("restoration", 0)]


def test_reached_after_the_loop_is_closed_does_not_fail() -> None:
    async def begin() -> Progress:
        return Progress()

    progress = asyncio.run(begin())
    progress.reached("upscaling", 0.5)
