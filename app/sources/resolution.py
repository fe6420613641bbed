"""Names to addresses: looked up once for each request, and all of them must be public."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from app.sources.errors import UrlRefused, UrlUnreachable
from app.sources.public_addresses import is_public

# The addresses of a host for a port, as text. It blocks, and raises `OSError` if there are none.
Lookup: TypeAlias = Callable[[str, int], list[str]]

THREADS = 16  # look-ups at a time; the system gives up after some ten seconds where a name server is silent


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses that the system has for the host, or for any notation of an address, such as 127.1."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Resolver:
    """Looks names up in threads of its own: a slow name server keeps no other work waiting."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resolve")

    async def public_addresses(self, host: str, port: int) -> list[str]:
        """The addresses of the host, at least one. Raises `UrlRefused` if one of them is not public,
        `UrlUnreachable` if there are none.
        """
        loop = asyncio.get_running_loop()
        try:
            addresses = await loop.run_in_executor(self._threads, self._lookup, host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise UrlUnreachable("There is no host of the name in url.")
        if not all(map(is_public, addresses)):
            raise UrlRefused("url leads to an address that is not public: this server fetches from the internet only.")
        return list(dict.fromkeys(addresses))

    def close(self) -> None:
        """Begin no more look-ups."""
        self._threads.shutdown(wait=False, cancel_futures=True)
