"""Shares: the places of a full server are shared among the clients that ask for them."""

import math
import time
from collections import Counter
from collections.abc import Callable

KEPT_S = 2.0  # a client may come back so much later than it was told, or after its last photo
MAX_CLIENTS = 256  # that are remembered without a place: a flood from ever new addresses must not fill the memory


class Shares:
    """Counts the places of each client, which is a name. Belongs to one event loop.

    One client alone may have all places. When a client is refused, it is remembered until `KEPT_S` after the time at
    which it may come back, and one that was served meanwhile is remembered for `KEPT_S`:

    - While one of them has less than its share, nobody goes beyond his own. A share is one place at least.
    - A place is kept for each one that was refused and has none, in the order in which they were refused. The slots
      themselves are not kept: the device never waits for a client that does not come back.
    """

    def __init__(self, slots: int, queue_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots, self._places, self._clock = slots, slots + queue_size, clock
        self._held: Counter[str] = Counter()
        # Client → until when it is remembered.
        self._refused: dict[str, float] = {}  # the one that was refused first in front
        self._served: dict[str, float] = {}
        self._refused_at = -math.inf

    def __contains__(self, client: str) -> bool:
        """Whether the client has a place or is remembered."""
        return client in self._held or client in self._refused or client in self._served

    def photos_before(self, client: str) -> int:
        """Photos that must end before the client may have a place; 0 if it may have one now."""
        self._forget()
        taken = self._held.total()
        if taken < self._slots:
            return 0
        free, remembered = self._places - taken, self._refused.keys() | self._served.keys()
        share = max(1.0, self._places / len(self._held.keys() | remembered | {client}))
        if self._held[client] >= share:
            is_owed = any(self._held[other] < share for other in remembered - {client})
            return 0 if free > 0 and not is_owed else taken + 1
        refused = list(self._refused)
        earlier = refused[: refused.index(client)] if client in self._refused else refused
        kept = sum(self._held[other] == 0 for other in earlier)
        return max(0, kept + 1 - free)

    def take(self, client: str) -> None:
        """Give the client a place, which `photos_before` allowed."""
        self._held[client] += 1
        if client in self._refused:
            self._refused[client] = self._refused.pop(client)  # behind those that were refused since

    def give_back(self, client: str) -> None:
        """The client has a place less."""
        self._held[client] -= 1
        if self._held[client] == 0:
            del self._held[client]
        now = self._clock()
        if now - self._refused_at < KEPT_S:
            _remember(self._served, client, now + KEPT_S)

    def refuse(self, client: str, retry_after: float) -> None:
        """The client was told to come back in so many seconds."""
        self._refused_at = self._clock()
        _remember(self._refused, client, self._refused_at + retry_after + KEPT_S)

    def keep(self, client: str, seconds: float) -> None:
        """The client, if it was refused, has come back, but its upload takes long: it is remembered for longer."""
        if client in self._refused:
            _remember(self._refused, client, self._clock() + seconds)

    def forget_all(self) -> None:
        """Forget the clients that have no place."""
        self._refused.clear()
        self._served.clear()

    def _forget(self) -> None:
        now = self._clock()
        for remembered in (self._refused, self._served):
            for client in [client for client, until in remembered.items() if until <= now]:
                del remembered[client]


def _remember(clients: dict[str, float], client: str, until: float) -> None:
    if client in clients or len(clients) < MAX_CLIENTS:
        clients[client] = max(until, clients.get(client, until))
