"""The connection to Redis, for all that is no message of Celery's: news, presence and lengths of queues."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TIMEOUT_S = 0.5

FAILURES = RedisError, OSError, TimeoutError  # of the broker; whoever asks tries again later


def client_for(url: str) -> Redis:
    """A client that neither retries nor waits longer than `TIMEOUT_S`; it connects when it is first used."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return client
