"""Which workers there are: each keeps a key in Redis alive, and whoever wants to know reads them."""

import asyncio
import json
import logging
import os
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from app.version import VERSION
from jobs.broker.client import FAILURES
from jobs.broker.outage import Outage
from jobs.engine.engine import WorkerState
from jobs.observer import Observer
from jobs.routine import Routine

logger = logging.getLogger("likeness")

PREFIX = "likeness:worker:"
BEAT_S = 5.0
EXPIRY_S = 15
PAUSE_S = 1.0  # after a failure
_KEYS_PER_SCAN = 10_000


class Presence(Routine):
    """Tells that a worker is there and what it does. Belongs to one event loop."""

    def __init__(self, redis: Redis, queues: Sequence[str], observer: Observer) -> None:
        self._redis, self._queues = redis, tuple(queues)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._job: UUID | None = None
        self._since = time.time()
        self._changed = asyncio.Event()
        self._outage = Outage("the others do not see this worker", observer)
        self.told_at: float | None = None  # by the monotonic clock: when the broker has last answered

    async def stop(self) -> None:
        """Tell that the worker has gone, if the broker answers."""
        await super().stop()
        with suppress(*FAILURES):
            await self._redis.delete(PREFIX + self.name)

    def works_on(self, job_id: UUID | None) -> None:
        """The worker does this job now, or waits for one."""
        self._job, self._since = job_id, time.time()
        self._changed.set()

    async def _go_on(self) -> None:
        while True:
            self._changed.clear()
            job = None if self._job is None else str(self._job)
            state = {"queues": self._queues, "job": job, "since": self._since, "version": VERSION}
            try:
                await self._redis.set(PREFIX + self.name, json.dumps(state), ex=EXPIRY_S)
                self.told_at = time.monotonic()
                self._outage.over()
            except FAILURES as error:
                self._outage.noticed(error)
                await asyncio.sleep(PAUSE_S)
                continue
            except Exception:
                logger.exception("the worker cannot tell that it is there")
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._changed.wait()


async def workers(redis: Redis) -> list[WorkerState]:
    """The workers that are there, by name. Raises what a client of Redis raises."""
    names = sorted({name async for name in redis.scan_iter(f"{PREFIX}*", count=_KEYS_PER_SCAN)})
    texts = await redis.mget(names) if names else []
    read = (_state(name.removeprefix(PREFIX), text) for name, text in zip(names, texts, strict=True))
    return [state for state in read if state is not None]


def _state(name: str, text: bytes | str | None) -> WorkerState | None:
    """None for a key that has just expired, or that another version has written in another way."""
    try:
        found: Any = json.loads(text or "null")
        job = None if found["job"] is None else UUID(found["job"])
        return WorkerState(name, tuple(map(str, found["queues"])), job, float(found["since"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
