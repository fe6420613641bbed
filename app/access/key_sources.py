"""Where the keys that verify tokens come from: a file that is read at the start, or the URL of their issuer."""

import asyncio
import logging
import math
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import httpx

from app.access.errors import TokensUnverifiable
from app.access.public_keys import VerifyingKey, read_key_set

logger = logging.getLogger("likeness")

FRESH_S = 600.0  # after which keys are fetched again, while the old ones are still used
STALE_S = 86_400.0  # how long keys are used while their URL does not answer
UNKNOWN_S = 30.0  # between two fetches, however many tokens name a key that is not known
RETRY_S = 5.0  # the same while there are no keys at all
FETCH_S = 5.0
WARNING_INTERVAL_S = 60.0
MAX_BYTES = 1024 * 1024


class KeySource(Protocol):
    """Finds the key that a token names."""

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """The key, or None where there is no such one. Raises `TokensUnverifiable`."""

    async def close(self) -> None:
        """Fetch nothing more."""


@dataclass(frozen=True)
class OneKey:
    """The key of a file, whatever a token says of its own."""

    key: VerifyingKey

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """See `KeySource`."""
        return self.key

    async def close(self) -> None:
        """See `KeySource`."""


class FetchedKeys:
    """The key set at a URL, which is fetched when a token first needs it. Belongs to one event loop.

    No redirect is followed, no proxy of the environment used. One fetch runs at a time, for all who wait for it.
    """

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._url, self._now = url, now
        self._keys: tuple[VerifyingKey, ...] = ()
        self._fetched_at = self._next_fetch = self._next_warning = -math.inf
        self._fetching: asyncio.Task[None] | None = None
        self._tls: ssl.SSLContext | None = None

    async def find(self, key_id: str | None) -> VerifyingKey | None:
        """See `KeySource`. A token without a key's id needs a set with one key."""
        found = self._known(key_id)
        if found is None or self._age() > FRESH_S:
            self._fetch_if_due()
        if found is None and self._fetching is not None:
            await asyncio.shield(self._fetching)
            found = self._known(key_id)
        if found is None and not self._kept():
            raise TokensUnverifiable
        return found

    async def close(self) -> None:
        """See `KeySource`."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    def _age(self) -> float:
        return self._now() - self._fetched_at

    def _kept(self) -> tuple[VerifyingKey, ...]:
        return self._keys if self._age() <= STALE_S else ()

    def _known(self, key_id: str | None) -> VerifyingKey | None:
        keys = self._kept()
        if key_id is None:
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.key_id == key_id), None)

    def _fetch_if_due(self) -> None:
        if self._fetching is not None and self._fetching.done():
            self._fetching = None
        now = self._now()
        if self._fetching is None and now >= self._next_fetch:
            self._next_fetch = now + (UNKNOWN_S if self._kept() else RETRY_S)
            self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_S):
                keys = await asyncio.to_thread(read_key_set, await self._body())
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:  # a timeout is an OSError
            self._warn(error)
        else:
            self._keys, self._fetched_at = keys, self._now()
            self._next_fetch = self._fetched_at + UNKNOWN_S

    async def _body(self) -> bytes:
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)  # which reads many certificates
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=FETCH_S) as client,
            client.stream("GET", self._url, headers=headers) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise ValueError(f"it answers {response.status_code}")
            body = b""
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > MAX_BYTES:
                    raise ValueError(f"it has more than {MAX_BYTES} bytes")
            return body

    def _warn(self, error: Exception) -> None:
        """Say why, without the URL; once a minute, because a fetch may be tried every few seconds."""
        if self._now() >= self._next_warning:
            self._next_warning = self._now() + WARNING_INTERVAL_S
            reason = str(error) if type(error) is ValueError else type(error).__name__
            logger.warning("the keys of LIKENESS_JWKS_URL cannot be fetched: %s", reason)
