"""A job is begun by this process, and given back where the process stops in that moment."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from app.work.order import Task
from jobs.errors import LeaseLost, StoreUnavailable
from jobs.job import Job
from jobs.run.attempt import MAX_ATTEMPTS
from jobs.run.heartbeat import LEASE_S
from jobs.store.store import JobStore

GIVE_BACK_S = 2.0


async def claimed(store: JobStore, kinds: Collection[Task] | None = None) -> Job | None:
    """The next job, or the next one of these kinds, begun; None if there is none to begin. Raises `StoreUnavailable`.

    When the awaiting task is cancelled, the job that it would have got goes back: nobody would work on it until its
    lease ends.
    """
    claiming = asyncio.ensure_future(store.claim(LEASE_S, kinds=kinds, max_attempts=MAX_ATTEMPTS))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        with suppress(StoreUnavailable, LeaseLost, TimeoutError):
            async with asyncio.timeout(GIVE_BACK_S):
                if (job := await claiming) is not None:
                    await store.release(job)
        raise
