"""Turns: which of the waiting photos is next."""

import asyncio
from enum import IntEnum
from typing import TypeAlias

REMEMBERED = 4  # rounds

Order: TypeAlias = tuple[int, ...]  # the lowest is next


class Priority(IntEnum):
    """Whose photos go first, whatever their client."""

    INTERACTIVE = 0  # somebody waits for the answer
    BATCH = 1


class Rounds:
    """Deals out turns in rounds: in each round, every client has a turn for one photo. Belongs to one event loop.

    A client joins the round after the present one, behind the clients that have waited for it longer, so that no stream
    of new clients can keep an old one waiting. One that comes back after its turn does not wait for a whole round more.
    """

    def __init__(self) -> None:
        self._present = 0
        self._last: dict[str, int] = {}  # client → the last round in which it has a turn

    def next_of(self, client: str) -> int:
        """The round of the client's next photo."""
        self._last[client] = max(self._present, self._last.get(client, self._present) + 1)
        return self._last[client]

    def begin(self, present: int) -> None:
        """A photo of this round has its turn now. Clients whose last turn is long ago are forgotten."""
        if present > self._present:
            self._present = present
            self._last = {name: last for name, last in self._last.items() if last >= present - REMEMBERED}

    def forget(self, client: str) -> None:
        """The client has no photos here and does not ask for a place."""
        self._last.pop(client, None)


class Turns:
    """A semaphore that lets in the lowest `Order`, not whoever came first. Belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: dict[asyncio.Future[None], Order] = {}

    async def acquire(self, order: Order) -> None:
        """Wait for a place. Of those with the same `order`, the first that came is first."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[turn] = order
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if self._waiting.pop(turn, None) is None:  # its turn came at that very moment
                self.release()
            raise

    def release(self) -> None:
        """Give a place back."""
        self._free += 1
        self._let_in()

    def _let_in(self) -> None:
        # A turn whose task is being cancelled is done already, and is removed when the task runs.
        while self._free > 0 and (waiting := [turn for turn in self._waiting if not turn.done()]):
            turn = min(waiting, key=self._waiting.__getitem__)
            del self._waiting[turn]
            self._free -= 1
            turn.set_result(None)
