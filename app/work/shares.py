"""Shares: the places of a full server are shared among the clients that ask for them."""

import math
import time
from collections import Counter
from collections.abc import Callable

BODY_S = 5.0  # most clients read a refusal only after their body, and the connection stays open for so long
KEPT_S = 2.0  # a client may come back so much later than it was told, or after its last photo
MAX_CLIENTS = 256  # that are remembered without a place: a flood from ever new addresses must not fill the memory


class Shares:
    """Counts the places of each client, which is a name. Belongs to one event loop.

    A client that was refused waits until one of its photos is inside, or until it has not come back in time. One whose
    upload is slow waits for as long as the upload lasts, if others are being refused. One that was served while others
    were refused is remembered for `KEPT_S`. The rules:

    - Free slot: while fewer photos are inside than there are slots, a complete photo may have a place, and each client
      may have as many for its uploads as there are slots, though uploads that are never complete have all places.
    - Shares: while a client that waits or is remembered has less than its share, nobody goes beyond his own. A share
      is one place at least, and one client alone may have all places.
    - Kept places: one is kept for each client that waits and has none, in the order in which they began to wait. At
      most half of the queue is kept, so that clients that do not come back, or stall their uploads, do not empty it.
    """

    def __init__(self, slots: int, queue_size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots, self._places, self._clock = slots, slots + queue_size, clock
        self._most_kept = math.ceil(queue_size / 2)
        self._held: Counter[str] = Counter()
        self._uploading: Counter[str] = Counter()  # uploads that have lost their place
        # Client → until when it is remembered.
        self._waiting: dict[str, float] = {}  # the one that waits longest in front
        self._served: dict[str, float] = {}
        self._refused_at = -math.inf

    def __contains__(self, client: str) -> bool:
        """Whether the client has a place or is remembered."""
        return client in self._held or client in self._waiting or client in self._served

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return self._places - self._held.total()

    def photos_before(self, client: str, inside: int, *, is_complete: bool) -> int:
        """Of the photos `inside`, and those before this one, how many must end before the client may have a place.

        0 if it may have one now; then no place need be free while a slot is. At most `inside` + 1.
        """
        self._forget()
        if inside < self._slots and (is_complete or self._held[client] < self._slots):
            return 0
        share = self._share_of(client)
        if self._held[client] >= share:
            return 0 if self.free > 0 and not self._is_owed(share, client) else inside + 1
        waiting = self._waiting_before(client)
        if self.free > min(waiting, self._most_kept):
            return 0
        return min(waiting + 1 - self.free, inside + 1)

    def take(self, client: str) -> None:
        """Give the client a place, which `photos_before` allowed."""
        self._held[client] += 1

    def enter(self, client: str) -> None:
        """A photo of the client, which has a place, is complete and inside: the client waits no longer."""
        if self._waiting.pop(client, None) is not None:
            _remember(self._served, client, self._clock() + KEPT_S)

    def leave(self, client: str) -> None:
        """A photo of the client is done or has failed: it has a place less."""
        self.give_back(client)
        now = self._clock()
        if now - self._refused_at < KEPT_S:
            _remember(self._served, client, now + KEPT_S)

    def give_back(self, client: str) -> None:
        """The client has a place less, which was that of an upload."""
        _count_down(self._held, client)

    def refuse(self, client: str, retry_after: float) -> None:
        """The client was told to come back in so many seconds."""
        self._refused_at = self._clock()
        _remember(self._waiting, client, self._refused_at + BODY_S + retry_after + KEPT_S)

    def lapse(self, client: str) -> None:
        """An upload of the client loses its place and goes on."""
        self.give_back(client)
        self._uploading[client] += 1
        now = self._clock()
        if now - self._refused_at < KEPT_S:
            _remember(self._waiting, client, now)

    def end_upload(self, client: str) -> None:
        """An upload that had lost its place is complete or has ended."""
        _count_down(self._uploading, client)

    def forget_all(self) -> None:
        """Forget the clients that have no place."""
        self._waiting.clear()
        self._served.clear()

    def _share_of(self, client: str) -> float:
        clients = self._held.keys() | self._waiting.keys() | self._served.keys() | {client}
        return max(1.0, self._places / len(clients))

    def _is_owed(self, share: float, client: str) -> bool:
        """Whether another client that is remembered has less than its share."""
        remembered = self._waiting.keys() | self._served.keys()
        return any(self._held[other] < share for other in remembered - {client})

    def _waiting_before(self, client: str) -> int:
        """Clients that wait, have no place, and began to wait before this one."""
        waiting = list(self._waiting)
        earlier = waiting[: waiting.index(client)] if client in self._waiting else waiting
        return sum(self._held[other] == 0 for other in earlier)

    def _forget(self) -> None:
        now = self._clock()
        for client in [client for client, until in self._served.items() if until <= now]:
            del self._served[client]
        for client in [client for client, until in self._waiting.items() if until <= now]:
            if client not in self._uploading:
                del self._waiting[client]


def _remember(clients: dict[str, float], client: str, until: float) -> None:
    if client in clients or len(clients) < MAX_CLIENTS:
        clients[client] = max(until, clients.get(client, until))


def _count_down(counter: Counter[str], client: str) -> None:
    counter[client] -= 1
    if counter[client] == 0:
        del counter[client]
