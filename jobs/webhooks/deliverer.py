"""Sends webhooks that are due, a few at a time. Several processes may do so at the same time."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from app.sources.errors import UrlRefused, UrlUnreachable
from app.sources.poster import TIMEOUT_S, Poster, Reply
from jobs.breakers import HostBreakers
from jobs.errors import StoreUnavailable, UnknownJob
from jobs.job import Batch, Job
from jobs.routine import Routine
from jobs.store.store import JobStore
from jobs.webhooks.schedule import delay_s, pause_s
from jobs.webhooks.signature import signed_headers
from jobs.webhooks.webhook import Delivery

logger = logging.getLogger("likeness")

AT_ONCE = 16
POLL_S = 1.0
LEASE_S = 60.0  # for what a delivery needs: the database twice and the receiver once
STOP_S = 2.0
GONE = 410  # the receiver wants nothing more

Describe: TypeAlias = Callable[[Job | Batch], Mapping[str, Any]]


class Deliverer(Routine):
    """Sends each message until it is accepted, at least once. Belongs to one event loop.

    `describe`: what a message says about its job or batch. `secrets` sign it.
    """

    def __init__(self, store: JobStore, poster: Poster, secrets: Sequence[bytes], describe: Describe) -> None:
        self._store, self._poster, self._secrets, self._describe = store, poster, secrets, describe
        self.breakers = HostBreakers()
        self._sending: dict[asyncio.Task[None], Delivery] = {}

    async def stop(self) -> None:
        """Send no more. What is on its way has a moment to end, and else is sent again when its lease ends."""
        await super().stop()
        if self._sending:
            _, busy = await asyncio.wait(self._sending, timeout=STOP_S)
            for task in busy:
                task.cancel()
            if busy:
                await asyncio.wait(busy)

    async def _go_on(self) -> None:
        while True:
            give_up_at = time.monotonic() + LEASE_S - TIMEOUT_S  # the lease may begin now
            free = AT_ONCE - len(self._sending)
            for delivery in await self._claimed(free) if free else ():
                task = asyncio.ensure_future(self._deliver(delivery, give_up_at))
                self._sending[task] = delivery
                task.add_done_callback(self._sending.pop)
            if self._sending:  # where one has ended, there is a place for the next one
                await asyncio.wait(self._sending, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(POLL_S)

    async def _claimed(self, free: int) -> list[Delivery]:
        sending, resting = list(self._sending.values()), self.breakers.resting
        try:
            return await self._store.outbox.claim(LEASE_S, limit=free, sending=sending, resting=resting)
        except StoreUnavailable as error:
            logger.warning("webhooks cannot be sent: %s", error.message)
        except Exception:
            logger.exception("webhooks cannot be sent")
        return []

    async def _deliver(self, delivery: Delivery, give_up_at: float) -> None:
        """Send one message, and write down how that went. What goes wrong here is tried again when its lease ends."""
        try:
            await self._attempt(delivery, give_up_at)
        except UnknownJob:  # it was deleted, and its webhook with it
            return
        except StoreUnavailable as error:
            logger.warning("webhook %s: %s", delivery.id, error.message)
        except Exception:
            logger.exception("webhook %s", delivery.id)

    async def _attempt(self, delivery: Delivery, give_up_at: float) -> None:
        outbox, breaker = self._store.outbox, self.breakers.of(delivery.host)
        call = breaker.begin()
        if call is None:
            await outbox.postpone(delivery, pause_s(breaker.wait_s))
            return
        try:
            body = await self._body(delivery)
            if time.monotonic() > give_up_at:  # somebody else may send it soon
                breaker.left(call)
                return
            reply = await self._reply(delivery, body)
        except BaseException:
            breaker.left(call)
            raise
        if reply is None or reply.status >= 500:
            breaker.failed(call)
        else:
            breaker.worked()
        await self._write_down(delivery, reply)

    async def _reply(self, delivery: Delivery, body: bytes) -> Reply | None:
        """The receiver's answer; None where there is none."""
        headers = signed_headers(str(delivery.id), int(time.time()), body, self._secrets)
        try:
            return await self._poster.post(delivery.url, headers, body)
        except (UrlRefused, UrlUnreachable) as error:
            logger.info("webhook %s: %s", delivery.id, error.code)
            return None

    async def _write_down(self, delivery: Delivery, reply: Reply | None) -> None:
        outbox, status = self._store.outbox, None if reply is None else reply.status
        if status is not None and 200 <= status < 300:
            await outbox.settle(delivery, "delivered", status=status)
        elif status == GONE:
            await outbox.settle(delivery, "failed", status=status)
        else:
            retry_s = delay_s(delivery.attempts + 1, None if reply is None else reply.retry_after)
            await outbox.settle(delivery, "waiting", status=status, retry_s=retry_s)
            logger.info("webhook %s: answer %s, again in %.0f s", delivery.id, status or "none", retry_s)

    async def _body(self, delivery: Delivery) -> bytes:
        """The message. Raises `UnknownJob` and `StoreUnavailable`."""
        subject: Job | Batch
        if delivery.job is not None:
            subject = await self._store.get(delivery.job, delivery.owner)
        elif delivery.batch is not None:
            subject = await self._store.batch(delivery.batch, delivery.owner)
        else:
            raise UnknownJob("The message is about nothing.")
        ended_at = datetime.fromtimestamp(delivery.ended_at, UTC).isoformat()
        message = {"type": delivery.type, "timestamp": ended_at, "data": self._describe(subject)}
        return orjson.dumps(message)
