"""The rate limit: photos per client and time, counted in this process or in a Redis that several processes share."""

import asyncio
import logging
import math
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger("likeness")

STORAGE_TIMEOUT_S = 0.5  # for all commands to Redis that count one photo
RETRY_S = 5.0  # after which a Redis that failed is used again
WARNING_INTERVAL_S = 60.0
MAX_COUNTERS = 20_000  # in memory: about 10 MB, and 2 ms to look for expired ones
MAX_CONNECTIONS = 16
MAX_RATE = 1_000_000_000
MAX_WINDOW_S = 366 * 86_400
RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@dataclass(frozen=True)
class Allowance:
    """What a client may still ask for. Of several rates it describes the one with the fewest requests left.

    `reset_s`: seconds until the client has more.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The response headers (draft-ietf-httpapi-ratelimit-headers)."""
        return dict(zip(RATE_HEADERS, map(str, (self.limit, self.remaining, self.reset_s)), strict=True))


class Quota:
    """Counts the photos of each client in a sliding window, with two counters per client and rate."""

    def __init__(self, rates: tuple[RateLimitItem, ...], storage_url: str) -> None:
        # The shortest rate first: a photo that it refuses is not counted against the longer ones.
        self._rates = sorted(rates, key=lambda rate: rate.get_expiry())
        self._memory = MemoryStorage(wrap_exceptions=True) if storage_url == "memory://" else None
        self._pool = _connections(storage_url) if self._memory is None else None
        self._storage = self._memory or _redis(storage_url, self._pool)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._paused_until = self._next_warning = -math.inf
        self.uncounted = 0  # photos that were let in because the storage could not be reached

    async def take(self, client: str) -> Allowance | None:
        """Count one photo of the client. None, after `STORAGE_TIMEOUT_S` at most, if the storage cannot be reached."""
        now = time.monotonic()
        if now < self._paused_until:
            self.uncounted += 1
            return None
        if self._paused_until > -math.inf:
            self._paused_until = now + RETRY_S  # this photo tries it again, and the others do not wait
        try:
            allowance = await asyncio.wait_for(self._counted(client), STORAGE_TIMEOUT_S)
        except (TimeoutError, StorageError, OSError) as error:
            self._failed(error)
            return None
        self._paused_until = -math.inf
        return allowance

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.disconnect()

    async def _counted(self, client: str) -> Allowance:
        found: list[Allowance] = []
        for rate in self._rates:
            allowed = await self._limiter.hit(rate, client) or await self._allowed_anew(rate, client)
            stats = await self._limiter.get_window_stats(rate, client)
            reset_s = max(1, math.ceil(stats.reset_time - time.time()))
            found.append(Allowance(allowed, rate.amount, stats.remaining if allowed else 0, reset_s))
            if not allowed:
                break
        # The oldest counters are dropped: requests from ever new addresses must not fill the memory.
        while self._memory is not None and len(self._memory.expirations) > MAX_COUNTERS:
            await self._memory.clear(next(iter(self._memory.expirations)))
        return min(found, key=lambda allowance: (allowance.allowed, allowance.remaining))

    async def _allowed_anew(self, rate: RateLimitItem, client: str) -> bool:
        """Whether a refused client is allowed after all, because its counters live longer than they were given.

        That is so after the clock of Redis's machine was set back: Redis stores when a counter ends, not how long it
        lasts, and the client would be refused until the clock is there again.
        """
        window_s = rate.get_expiry()
        _, previous_s, _, current_s = await self._storage.get_sliding_window(rate.key_for(client), window_s)
        if previous_s <= window_s and current_s <= 2 * window_s:
            return False
        await self._limiter.clear(rate, client)
        return await self._limiter.hit(rate, client)

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        self.uncounted += 1
        self._paused_until = now + RETRY_S
        if now >= self._next_warning:
            self._next_warning = now + WARNING_INTERVAL_S
            reason = str(error) or f"no answer within {STORAGE_TIMEOUT_S:g} s"
            logger.warning("photos are let in uncounted: the storage of the rate limit cannot be reached (%s)", reason)


def parse_rates(text: str) -> tuple[RateLimitItem, ...]:
    """The rates of `60/minute` or `10/second;100/minute`; none for an empty text. Raises `ValueError`."""
    if not text.strip():
        return ()
    try:
        rates = tuple(parse_many(text.strip()))
    except ValueError as error:
        raise ValueError("a rate is a number per time such as 60/minute, and a semicolon separates several") from error
    if any(rate.amount < 1 for rate in rates):
        raise ValueError("a rate must let at least one photo in")
    if any(rate.amount > MAX_RATE or rate.get_expiry() > MAX_WINDOW_S for rate in rates):
        raise ValueError(f"a rate counts at most {MAX_RATE} photos in at most 366 days")
    return rates


def check_storage(url: str) -> str:
    """The URL of a storage. Raises `ValueError` for any other text, without showing it: it may have a password."""
    if url == "memory://":
        return url
    wrong = ValueError(
        "the storage is memory:// or redis://host:port/db (rediss:// with TLS), db being a number or left out"
    )
    try:
        parts = urlsplit(url)
        is_redis = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        raise wrong from None  # the cause would quote a part of the URL
    database = parts.path.strip("/") or "0"
    if not is_redis or not re.fullmatch("[0-9]{1,5}", database) or parts.query or parts.fragment:
        raise wrong
    return url


def _connections(url: str) -> BlockingConnectionPool:
    """A pool of connections that neither retry nor wait longer than `STORAGE_TIMEOUT_S`."""
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=STORAGE_TIMEOUT_S,
        socket_timeout=STORAGE_TIMEOUT_S,
        socket_connect_timeout=STORAGE_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    return pool


def _redis(url: str, pool: BlockingConnectionPool | None) -> RedisStorage:
    options: dict[str, Any] = {"connection_pool": pool}  # missing in the types of `limits`
    return RedisStorage(f"async+{url}", True, implementation="redispy", key_prefix="likeness", **options)
