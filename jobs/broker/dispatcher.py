"""Sends messages for jobs that have none: the broker was away, has lost them, or a worker was lost with one.

It compares numbers: as many messages as jobs that wait. A message begins the job whose turn it is, so that it does not
matter which ones lack theirs; one too many finds no job, and nothing happens.
"""

import asyncio
import logging

from redis.asyncio import Redis

from app.work.order import Task
from jobs.broker.client import FAILURES
from jobs.broker.outage import Outage
from jobs.broker.queues import MOST_MESSAGES, QUEUE_OF
from jobs.broker.sender import Sender
from jobs.errors import StoreUnavailable
from jobs.routine import Routine
from jobs.store.store import JobStore

logger = logging.getLogger("likeness")

ROUND_S = 5.0
LOCK = "likeness:dispatch"
PER_ROUND = 1_000


class Dispatcher(Routine):
    """Looks every few seconds; of several processes, one at a time. Belongs to one event loop."""

    def __init__(self, store: JobStore, redis: Redis, sender: Sender) -> None:
        self._store, self._redis, self._sender = store, redis, sender
        self._outage = Outage("no job is sent that has no message", store.observer)

    async def look(self) -> int:
        """Send what lacks; how many messages that were. Raises `StoreUnavailable` and a failure of the broker."""
        if not self._sender.is_idle:
            return 0  # what is to be sent is not in the queues yet
        waiting, sent = await self._store.waiting(MOST_MESSAGES), 0
        for kind, count in waiting.items():
            sent += await self._fill(kind, count)
        return sent

    async def _fill(self, kind: Task, waiting: int) -> int:
        missing = min(waiting - await self._redis.llen(QUEUE_OF[kind]), PER_ROUND)
        if missing <= 0:
            return 0
        job_ids = await self._store.longest_waiting(kind, missing)
        self._sender.send(QUEUE_OF[kind], job_ids)
        return len(job_ids)

    async def _go_on(self) -> None:
        while True:
            try:
                if await self._redis.set(LOCK, "", nx=True, px=int(ROUND_S * 900)):
                    sent = await self.look()
                    if sent:
                        logger.info("sent %d messages for jobs that had none", sent)
                self._outage.over()
            except FAILURES as error:
                self._outage.noticed(error)
            except StoreUnavailable as error:
                logger.warning("waiting jobs cannot be looked for: %s", error.message)
            except Exception:
                logger.exception("waiting jobs cannot be looked for")
            await asyncio.sleep(ROUND_S)
