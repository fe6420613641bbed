"""What goes on in the background ends when it is told to."""

import asyncio

import pytest

from jobs.routine import Routine

pytestmark = pytest.mark.anyio


class Counter(Routine):
    """Counts, and needs a moment to end."""

    count, has_ended = 0, False

    async def _go_on(self) -> None:
        try:
            while True:
                self.count += 1
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            self.has_ended = True


async def test_it_goes_on_until_it_has_been_stopped() -> None:
    counter = Counter()
    counter.start()
    await asyncio.sleep(0.1)
    assert counter.count > 1
    await counter.stop()
    assert counter.has_ended


async def test_what_was_not_started_may_be_stopped() -> None:
    counter = Counter()
    await counter.stop()
    assert counter.count == 0
