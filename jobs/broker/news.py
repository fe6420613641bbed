"""News of jobs between processes: the ids of those that have changed, on a channel of Redis.

Who misses some loses nothing, because those who watch a job look at the table now and then.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from jobs.broker.client import FAILURES
from jobs.broker.outage import Outage
from jobs.observer import Observer
from jobs.routine import Routine

logger = logging.getLogger("likeness")

CHANNEL = "likeness:changed"
MOST_WAITING = 1_000  # ids
PAUSE_S = 1.0  # after a failure
PING_S = 2.0  # without a message, after which the connection is tried


class Announcer(Routine):
    """Tells all processes that a job has changed. Belongs to one event loop."""

    def __init__(self, redis: Redis, observer: Observer) -> None:
        self._redis = redis
        self._outage = Outage("changes of jobs are told late", observer)
        self._waiting: dict[UUID, None] = {}
        self._told = asyncio.Event()

    async def stop(self) -> None:
        """Tell what waits, if that is possible at once, and no more."""
        await super().stop()
        with suppress(*FAILURES):
            await self._tell()

    def tell(self, job_id: UUID) -> None:
        """The job has changed."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting[job_id] = None
            self._told.set()

    async def _go_on(self) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            try:
                await self._tell()
                self._outage.over()
            except FAILURES as error:
                self._outage.noticed(error)
                await asyncio.sleep(PAUSE_S)
            except Exception:
                logger.exception("changes of jobs cannot be told")

    async def _tell(self) -> None:
        ids, self._waiting = self._waiting, {}
        if ids:
            await self._redis.publish(CHANNEL, " ".join(map(str, ids)))


class Subscription(Routine):
    """Hears which jobs have changed, and connects again for ever. Belongs to one event loop.

    `hear` is called with each id. `hear_all` is called when some may have been missed.
    """

    def __init__(
        self, redis: Redis, hear: Callable[[UUID], None], hear_all: Callable[[], None], observer: Observer
    ) -> None:
        self._redis, self._hear, self._hear_all = redis, hear, hear_all
        self._outage = Outage("watched jobs are looked at in the table", observer)
        self.is_alive = False

    async def _go_on(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    await self._listen(channel)
            except FAILURES as error:
                self._outage.noticed(error)
            except Exception:
                logger.exception("no news of jobs from the broker")
            finally:
                self.is_alive = False
            self._hear_all()  # they wait for news less long from now on
            await asyncio.sleep(PAUSE_S)

    async def _listen(self, channel: PubSub) -> None:
        """Hear until the connection fails. Raises `TimeoutError` where it does not answer a ping."""
        silent = 0
        while True:
            message = await channel.get_message(timeout=PING_S)
            if message is None:
                silent += 1
                if silent > 1:
                    raise TimeoutError
                await channel.ping()
                continue
            silent = 0
            if message["type"] == "subscribe":
                self.is_alive = True
                self._outage.over()
                self._hear_all()
            elif message["type"] == "message":
                self._heard(message["data"])

    def _heard(self, text: str) -> None:
        for number in text.split():
            with suppress(ValueError):  # not from us
                self._hear(UUID(number))
