"""Sends a small message to an address on the web, by the same rules by which photos are fetched from there."""

import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import anyio
import httpcore
import httpx

from app.sources.errors import UrlUnreachable
from app.sources.pinned_network import PinnedNetwork, Traffic
from app.sources.resolution import Lookup, Resolver, system_lookup
from app.sources.target import WEBHOOK_URL, Target, parse_target
from app.version import VERSION

TIMEOUT_S = 10.0  # for look-up, connection and answer together
MAX_ANSWER_BYTES = 64 * 1024
LOOKUPS = 64  # at a time: where name servers are silent, those go on for longer than anybody waits for an answer

_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Reply:
    """The status of an answer, and its `Retry-After` as it came."""

    status: int
    retry_after: str | None


class Poster:
    """Posts to public addresses only, and follows no redirect. Belongs to one event loop.

    `hosts` as in `parse_target`; `lookup`, `network` and `tls` are for tests, as those of `Fetcher`.
    """

    def __init__(
        self,
        hosts: tuple[str, ...] = (),
        *,
        lookup: Lookup = system_lookup,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._hosts, self._timeout_s = hosts, timeout_s
        self._resolver = Resolver(lookup, LOOKUPS)
        self._network = network or httpcore.AnyIOBackend()
        self._tls = tls or httpx.create_ssl_context(trust_env=False)

    async def post(self, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
        """The answer to a JSON body. Raises `UrlRefused`, and `UrlUnreachable` where none came in time."""
        target = parse_target(url, self._hosts, WEBHOOK_URL)
        try:
            with anyio.fail_after(self._timeout_s):
                return await self._answered(target, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            raise UrlUnreachable(f"No answer came within {self._timeout_s:g} seconds.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise UrlUnreachable("The server could not be reached, or broke off.") from None

    async def _answered(self, target: Target, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
        traffic = Traffic()
        addresses = await self._resolver.public_addresses(target.host, target.port)
        where = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        sent = [
            ("Host", target.authority),
            ("User-Agent", f"Likeness/{VERSION}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *headers,
        ]
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, network_backend=PinnedNetwork(addresses, traffic, self._network)
            ) as pool,
            pool.stream("POST", where, headers=sent, content=body, extensions={"timeout": _TIMEOUTS}) as response,
        ):
            # A server whose answer is not read may take that for a failure. What is in it does not matter here.
            with suppress(UrlUnreachable, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
                async for piece in response.aiter_stream():
                    traffic.body += len(piece)
                    if traffic.body > MAX_ANSWER_BYTES:
                        break
            named = [value for name, value in response.headers if name.lower() == b"retry-after"]
            return Reply(response.status, named[0].decode("latin-1") if named else None)
