"""Signs of life of an attempt at a job: they keep its lease, tell how far it is, and bring the wish to cancel it."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable

import anyio

from jobs.errors import LeaseLost, StoreUnavailable
from jobs.job import Job
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

LEASE_S = 30.0
BEAT_S = 0.5  # between two signs of life


class Heartbeat:
    """Sets `cancelled` where the work is to stop: `is_cancelling`, or the attempt counts no more and is `lost`.

    `on_beat` is called after each sign of life. Belongs to one event loop.
    """

    def __init__(self, job: Job, store: JobStore, on_beat: Callable[[], None]) -> None:
        self._job, self._store, self._on_beat = job, store, on_beat
        self._reached: tuple[str | None, float] = (None, 0.0)
        self.cancelled = threading.Event()
        self._over = asyncio.Event()
        self.lost = self.is_cancelling = False

    def reached(self, stage: str, fraction: float) -> None:
        """A part of a stage is done. Any thread may call this."""
        self._reached = stage, fraction

    def stop(self) -> None:
        """Give no sign of life after the present one."""
        self._over.set()

    async def go_on(self) -> None:
        """Give signs of life until `stop`, or until the lease is lost."""
        kept_at = time.monotonic()
        while not self.lost:
            with anyio.move_on_after(BEAT_S):
                await self._over.wait()
                return
            asked_at = time.monotonic()
            try:
                if await self._beat():
                    self.is_cancelling = True
                kept_at = asked_at
            except LeaseLost:
                self.lost = True
            except StoreUnavailable as error:
                logger.warning("job %s: no sign of life could be given: %s", self._job.id, error.message)
                self.lost = time.monotonic() - kept_at > LEASE_S
            except Exception:
                logger.exception("job %s: giving signs of life failed", self._job.id)
                self.lost = True
            if self.lost or self.is_cancelling:
                self.cancelled.set()
            self._on_beat()

    async def _beat(self) -> bool:
        stage, fraction = self._reached
        return await self._store.beat(self._job, LEASE_S, stage=stage, fraction=round(fraction, 3))
