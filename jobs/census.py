"""How many jobs there are in which state, counted every few seconds and not for each who asks."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.work.order import Task
from jobs.engine.engine import Engine, EngineState
from jobs.errors import StoreUnavailable
from jobs.job import State
from jobs.routine import Routine
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

COUNT_S = 10.0  # between two counts
SHARE = 0.02  # of the time, at most, that is spent on counting: a large table is counted less often
FRESH_S = 1.0  # a count that is no older than this is not made again, whoever asks
ASKED_SHARE = 0.1  # of the time, at most, that is spent on counting for those who ask


@dataclass(frozen=True, slots=True)
class Census:
    """`states`: jobs by state. `waiting_s`: seconds that the oldest queued job of each kind has waited.

    `at` is a reading of `time.monotonic()`.
    """

    states: Mapping[State, int]
    waiting_s: Mapping[Task, float]
    engine: EngineState
    at: float


class Counting(Routine):
    """Counts jobs, and tells the observer of the store. Belongs to one event loop."""

    def __init__(self, store: JobStore, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self._latest: Census | None = None
        self._took_s = 0.0  # the last count
        self._turn = asyncio.Lock()

    async def census(self) -> Census:
        """A count that is a second old at most, or some seconds where the table is large. Raises `StoreUnavailable`.

        Who asks while it is made gets the same.
        """
        async with self._turn:
            started = time.monotonic()
            fresh_s = max(FRESH_S, self._took_s / ASKED_SHARE)
            if self._latest is None or started - self._latest.at > fresh_s:
                self._latest = await self._counted()
                self._took_s = time.monotonic() - started
                self._store.observer.counted(self._latest)
            return self._latest

    async def _counted(self) -> Census:
        states, waiting_s = await self._store.counts(), await self._store.waiting_s()
        return Census(states, waiting_s, await self._engine.state(), time.monotonic())

    async def _go_on(self) -> None:
        while True:
            try:
                await self.census()
            except StoreUnavailable as error:
                logger.warning("jobs cannot be counted: %s", error.message)
            except Exception:
                logger.exception("jobs cannot be counted")
            await asyncio.sleep(max(COUNT_S, self._took_s / SHARE))
