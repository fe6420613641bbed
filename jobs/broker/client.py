"""The connection to Redis, for all that is no message of Celery's: news, presence and lengths of queues."""

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

TIMEOUT_S = 0.5

FAILURES = RedisError, OSError, TimeoutError  # of the broker; whoever asks tries again later


def client_for(url: str) -> Redis:
    """A client that neither retries nor waits longer than `TIMEOUT_S`; it connects when it is first used."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=AsyncRetry(NoBackoff(), 0),
        decode_responses=True,
    )
    return client


def blocking_client_for(url: str) -> redis.Redis:
    """The same for a thread."""
    client: redis.Redis = redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    return client
