"""Photos from the web, for anybody who asks: from public addresses only, in bounded time and memory (OWASP, SSRF)."""

import ssl
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import TypeAlias

import anyio
import httpcore
import httpx

from app.sources.data_url import decode_data_url, is_data_url
from app.sources.errors import FetchedTooMuch, UrlRefused, UrlUnreachable
from app.sources.pinned_network import PinnedNetwork, Traffic
from app.sources.resolution import Lookup, Resolver, system_lookup
from app.sources.target import Target, parse_target
from app.version import VERSION

MAX_REDIRECTS = 5
STALL_S = 5.0  # for a connection to be made, and for the next bytes to come

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), STALL_S)
_HEADERS = (
    ("User-Agent", f"Likeness/{VERSION}"),
    ("Accept", "image/*, */*;q=0.5"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
)
_MEBIBYTE = 1024 * 1024

OnBytes: TypeAlias = Callable[[int], None]  # called with the number of bytes that have come; what it raises ends all


class Fetcher:
    """Fetches one photo at a time for each caller. Belongs to one event loop.

    A photo may have `max_bytes`, and `timeout_s` seconds for all look-ups, connections and redirects together. `hosts`
    as in `parse_target`. Tests give a `lookup`, a `network` and a TLS context of their own; each address that `lookup`
    returns is checked all the same. Proxies in the environment are not used, and no cookie, key or header of a client
    is sent.
    """

    def __init__(
        self,
        max_bytes: int,
        timeout_s: float,
        hosts: tuple[str, ...] = (),
        *,
        lookup: Lookup = system_lookup,
        network: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._max_bytes, self._timeout_s, self._hosts = max_bytes, timeout_s, hosts
        self._resolver = Resolver(lookup)
        self._network = network or httpcore.AnyIOBackend()
        self._tls = tls or httpx.create_ssl_context(trust_env=False)

    async def fetch(self, url: str, on_bytes: OnBytes) -> bytes:
        """The file at an http or https address, or in a data URL, whatever it contains.

        Raises `UrlRefused`, `UrlUnreachable` and `FetchedTooMuch`.
        """
        if is_data_url(url):
            photo = decode_data_url(url)
            if len(photo) > self._max_bytes:
                raise self._too_much()
            return photo
        target = parse_target(url, self._hosts)
        try:
            with anyio.fail_after(self._timeout_s):
                return await self._followed(target, on_bytes)
        except TimeoutError:
            raise UrlUnreachable(f"The photo at url did not come within {self._timeout_s:g} seconds.") from None
        except httpcore.TimeoutException:
            raise UrlUnreachable(f"The server of url was silent for {STALL_S:g} seconds.") from None
        except httpcore.ConnectError as error:
            if isinstance(_origin(error), ssl.SSLCertVerificationError):
                raise UrlUnreachable("The server of url has no valid certificate for its name.") from None
            raise UrlUnreachable("The server of url could not be reached.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise UrlUnreachable("The server of url broke off, or does not speak HTTP.") from None

    async def _followed(self, target: Target, on_bytes: OnBytes) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            found = await self._visited(target, on_bytes)
            if isinstance(found, bytes):
                return found
            target = found
        raise UrlRefused(f"url redirects more than {MAX_REDIRECTS} times.")

    async def _visited(self, target: Target, on_bytes: OnBytes) -> bytes | Target:
        """The file at the target, or where it redirects to."""
        traffic = Traffic()
        addresses = await self._resolver.public_addresses(target.host, target.port)
        pinned = PinnedNetwork(addresses, traffic, self._network)
        where = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        headers = [("Host", target.authority), *_HEADERS]
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=pinned) as pool,
            pool.stream("GET", where, headers=headers, extensions={"timeout": _TIMEOUTS}) as response,
        ):
            location = _header(response, b"location")
            if response.status in _REDIRECTS and location:
                return target.redirected(location, self._hosts)
            self._check(response)
            received = BytesIO()
            async for piece in response.aiter_stream():
                traffic.body += len(piece)
                if traffic.body > self._max_bytes:
                    raise self._too_much()
                on_bytes(len(piece))
                received.write(piece)
            return received.getvalue()  # which makes no copy

    def _check(self, response: httpcore.Response) -> None:
        """Raises for an answer whose body is not worth reading."""
        if response.status != HTTPStatus.OK:
            raise UrlUnreachable(f"The server of url answered {response.status} and no photo.")
        if (_header(response, b"content-encoding") or "identity").strip().lower() != "identity":
            raise UrlUnreachable("The server of url sent the photo compressed, though asked for it as it is.")
        length = _header(response, b"content-length")
        if length and int(length) > self._max_bytes:
            raise self._too_much()

    def _too_much(self) -> FetchedTooMuch:
        megabytes = self._max_bytes / _MEBIBYTE
        return FetchedTooMuch(f"The photo at url is larger than the {megabytes:.3g} MB that this server accepts.")


def _header(response: httpcore.Response, wanted: bytes) -> str | None:
    """All values of a header, as one."""
    values = [value for name, value in response.headers if name.lower() == wanted]
    return b", ".join(values).decode(errors="replace") if values else None


def _origin(error: BaseException) -> BaseException:
    """The first cause of an error."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
