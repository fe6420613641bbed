"""How many photos each client may send in a time, counted in this process or in a Redis that several share."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger("likeness")

PATIENCE_S = 0.5  # for Redis, with everything that is asked for one photo
PAUSE_S = 5.0  # in which a Redis that failed is not asked again
SILENCE_S = 60.0  # between two warnings
MAX_COUNTERS = 20_000  # in memory: some 10 MB, and 2 ms to look for those that have expired
MAX_CONNECTIONS = 16


@dataclass(frozen=True)
class Allowance:
    """What a client has left of the rate that is nearest to its end. `reset_s`: seconds until it has more."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """As a response tells it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Quota:
    """Counts what each client sends, in a sliding window: two counters for each client and rate, however high it is.

    `uncounted` is the number of photos that were let in because the storage could not be reached.
    """

    def __init__(self, rates: tuple[RateLimitItem, ...], storage_url: str) -> None:
        # The shortest first: what it refuses has not used up the longer ones.
        self._rates = sorted(rates, key=lambda rate: rate.get_expiry())
        self._memory = MemoryStorage(wrap_exceptions=True) if storage_url == "memory://" else None
        self._pool = _connections(storage_url) if self._memory is None else None
        self._limiter = SlidingWindowCounterRateLimiter(self._memory or _redis(storage_url, self._pool))
        self._paused_until = self._silent_until = -math.inf
        self.uncounted = 0

    async def take(self, client: str) -> Allowance | None:
        """Count one photo of the client. None if it could not be counted: then it is let in.

        A storage that hangs costs one photo `PATIENCE_S`, and the others nothing for the next `PAUSE_S`.
        """
        if time.monotonic() < self._paused_until:
            self.uncounted += 1
            return None
        try:
            return await asyncio.wait_for(self._counted(client), PATIENCE_S)
        except (StorageError, OSError, asyncio.TimeoutError) as error:
            self._failed(error)
            return None

    async def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            await self._pool.disconnect()

    async def _counted(self, client: str) -> Allowance:
        tightest: Allowance | None = None
        for rate in self._rates:
            allowed = await self._limiter.hit(rate, client)
            stats = await self._limiter.get_window_stats(rate, client)
            reset_s = max(1, math.ceil(stats.reset_time - time.time()))
            found = Allowance(allowed, rate.amount, stats.remaining if allowed else 0, reset_s)
            if not allowed:
                tightest = found
                break
            if tightest is None or found.remaining < tightest.remaining:
                tightest = found
        if tightest is None:
            raise ValueError("A quota needs a rate.")
        await self._forget_surplus()
        return tightest

    async def _forget_surplus(self) -> None:
        """Whoever comes from ever more addresses pushes out the oldest counters, and does not fill the memory."""
        while self._memory is not None and len(self._memory.expirations) > MAX_COUNTERS:
            await self._memory.clear(next(iter(self._memory.expirations)))

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        self.uncounted += 1
        self._paused_until = now + PAUSE_S
        if now >= self._silent_until:
            self._silent_until = now + SILENCE_S
            reason = str(error) or f"no answer within {PATIENCE_S:g} s"
            logger.warning("photos are let in uncounted: the storage of the rate limit cannot be reached (%s)", reason)


def parse_rates(text: str) -> tuple[RateLimitItem, ...]:
    """The rates of `60/minute` or `10/second;100/minute`; none if it is empty. Raises `ValueError` for others."""
    if not text.strip():
        return ()
    try:
        rates = tuple(parse_many(text.strip()))
    except ValueError as error:
        raise ValueError("a rate is a number per time such as 60/minute, and a semicolon separates several") from error
    if any(rate.amount < 1 for rate in rates):
        raise ValueError("a rate must let at least one photo in")
    return rates


def check_storage(url: str) -> None:
    """Raise `ValueError` if photos cannot be counted there. The sentence does not show the address: it may have a
    password."""
    if url == "memory://":
        return
    wrong = ValueError(
        "the storage is memory:// or redis://host:port/db (rediss:// with TLS), db being a number or left out"
    )
    try:
        parts = urlsplit(url)
        is_redis = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        raise wrong from None  # the cause would quote what stands where a port is expected
    database = parts.path.strip("/") or "0"
    if not is_redis or not database.isdecimal() or parts.query or parts.fragment:
        raise wrong


def _connections(url: str) -> BlockingConnectionPool:
    """As many as are good for it, none of which tries again or waits for long."""
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=PATIENCE_S,
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )
    return pool


def _redis(url: str, pool: BlockingConnectionPool | None) -> RedisStorage:
    options = {"connection_pool": pool}  # which the library's types do not know
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="likeness",
        **options,  # type: ignore[arg-type]
    )
