"""Names to addresses: looked up once for each request, and all of them must be public."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from app.sources.errors import UrlRefused, UrlUnreachable
from app.sources.public_addresses import is_public

logger = logging.getLogger("likeness")

# The addresses of a host for a port, as text. It blocks, and raises `OSError` if there are none.
Lookup: TypeAlias = Callable[[str, int], list[str]]

THREADS = 16  # look-ups at a time; the system gives up after some ten seconds where a name server is silent


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses that the system has for the host, or for any notation of an address, such as 127.1."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Resolver:
    """Looks names up in daemon threads: a silent name server keeps neither other work waiting nor the process alive.

    Belongs to one event loop. `threads`: look-ups at a time, those included that nobody waits for any more.
    """

    def __init__(self, lookup: Lookup = system_lookup, threads: int = THREADS) -> None:
        self._lookup = lookup
        self._free_threads = asyncio.Semaphore(threads)

    async def public_addresses(self, host: str, port: int) -> list[str]:
        """The addresses of the host, at least one. Raises `UrlRefused` if one of them is not public,
        `UrlUnreachable` if there are none.
        """
        addresses = await self._addresses(host, port)
        if not addresses:
            raise UrlUnreachable("There is no host of the name in url.")
        if not all(map(is_public, addresses)):
            raise UrlRefused("url leads to an address that is not public: this server fetches from the internet only.")
        return list(dict.fromkeys(addresses))

    async def _addresses(self, host: str, port: int) -> list[str]:
        """What the look-up returns; nothing if it fails. Whoever awaits this may leave before the thread has ended."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def end(found: list[str]) -> None:
            self._free_threads.release()
            if not answer.done():
                answer.set_result(found)

        def look_up() -> None:
            found: list[str] = []
            try:
                found = self._lookup(host, port)
            except (OSError, ValueError) as error:
                logger.debug("a name could not be looked up: %s", type(error).__name__)
            finally:
                with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                    loop.call_soon_threadsafe(end, found)

        await self._free_threads.acquire()
        try:
            threading.Thread(target=look_up, name="look-up", daemon=True).start()
        except RuntimeError:  # the system gives no more threads
            self._free_threads.release()
            raise
        return await answer
