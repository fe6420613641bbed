"""Retention: jobs that have expired are removed with all that belongs to them, and so is what belongs to no job."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from jobs.errors import StoreUnavailable
from jobs.job import keys_of
from jobs.objects import Entry, ObjectStore
from jobs.routine import Routine
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

SWEEP_S = 300.0
ORPHAN_S = 3_600.0  # an object without a row may be of a job that is being submitted, or of an attempt that goes on
MARGIN_S = 600.0  # clocks of this process and the object store may differ
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has removed: expired jobs, and objects that belonged to none."""

    jobs: int = 0
    orphans: int = 0


class Sweeper(Routine):
    """Sweeps every few minutes. Several processes may do so at the same time. Belongs to one event loop.

    `upload_s`: the seconds that an upload may take. Its first photo has no row before all of it has come.
    """

    def __init__(self, store: JobStore, objects: ObjectStore, upload_s: float = 0.0) -> None:
        self._store, self._objects = store, objects
        self._orphan_s = max(ORPHAN_S, upload_s + MARGIN_S)
        self.sweeps = 0  # of this process, up to their end
        self.latest: Swept | None = None
        self.swept_at: float | None = None  # a reading of `time.monotonic()`
        self._sweeping = asyncio.Lock()

    async def sweep(self) -> Swept:
        """Remove what is to go, after a sweep that runs. Raises `StoreUnavailable`; the next one finds the rest."""
        async with self._sweeping:
            swept = Swept(await self._expire(), await self._remove_orphans())
        self.sweeps, self.latest, self.swept_at = self.sweeps + 1, swept, time.monotonic()
        self._store.observer.swept(swept.jobs, swept.orphans)
        return swept

    @property
    def is_sweeping(self) -> bool:
        """Whether a sweep goes on."""
        return self._sweeping.locked()

    async def _go_on(self) -> None:
        while True:
            try:
                swept = await self.sweep()
            except StoreUnavailable as error:
                logger.warning("expired jobs cannot be removed: %s", error.message)
            except Exception:
                logger.exception("expired jobs cannot be removed")
            else:
                if swept != Swept():
                    logger.info("removed %d expired jobs and %d objects without one", swept.jobs, swept.orphans)
            await asyncio.sleep(SWEEP_S)

    async def _expire(self) -> int:
        """Objects go first: on a full disk there is no room to remove a row, until some of them have gone.

        They go again after the rows, because an attempt at a job may have ended meanwhile.
        """
        count = 0
        while True:
            await self._objects.delete(keys_of(await self._store.expired(CHUNK)))
            jobs = await self._store.expire(CHUNK)
            await self._objects.delete(keys_of(jobs))
            count += len(jobs)
            if not jobs:
                return count

    async def _remove_orphans(self) -> int:
        """Objects are listed before rows are asked for: a row that is added meanwhile counts as there."""
        count = 0
        async for entries in _chunks(self._old()):
            keys = [entry.key for entry in entries]
            known = await self._store.known(keys)
            orphans = [key for key in keys if key not in known]
            await self._objects.delete(orphans)
            count += len(orphans)
        return count

    async def _old(self) -> AsyncIterator[Entry]:
        latest = time.time() - self._orphan_s
        async for entry in self._objects.list():
            if entry.modified < latest:
                yield entry


async def _chunks(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    chunk: list[Entry] = []
    async for entry in entries:
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
