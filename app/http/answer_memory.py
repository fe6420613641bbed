"""The memory of answers on their way to their clients: all together have a limit, and the slowest reader makes way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from starlette.types import Scope

from app.work.memory import Ledger

SETTLED_S = 1.0  # how long an answer is sent before its rate says something about its client

Cut: TypeAlias = Callable[[str, str], None]  # closes the connection of an answer; takes the code and the reason
Delivered: TypeAlias = Callable[[], int]  # how many bytes the client's system has acknowledged on this connection


class HeldAnswer:
    """One answer of `size` bytes that is being sent since `began_at` (`time.monotonic()`).

    Without `delivered`, what the connection accepts counts as taken, with all that its send buffer holds: megabytes.
    """

    def __init__(self, size: int, began_at: float, cut: Cut, delivered: Delivered | None) -> None:
        self.size, self.cut = size, cut
        self.sent = 0  # bytes that the connection has accepted
        self._began_at, self._delivered = began_at, delivered
        self._delivered_before = 0 if delivered is None else delivered()

    @property
    def taken(self) -> int:
        """Bytes that the client has taken."""
        return self.sent if self._delivered is None else self._delivered() - self._delivered_before

    def rate(self, now: float) -> float:
        """Bytes a second that the client has taken; infinite for an answer that has only just begun."""
        seconds = now - self._began_at
        return self.taken / seconds if seconds >= SETTLED_S else float("inf")


class AnswerMemory:
    """The memory that all answers share, at most `max_bytes`, unless one alone is larger. Belongs to one event loop.

    When another answer would exceed it, those with the slowest clients are cut off: these keep nobody else out. Each
    answer is also reserved in the `ledger` while it is held.
    """

    def __init__(self, max_bytes: int, ledger: Ledger) -> None:
        self._max_bytes, self._ledger = max_bytes, ledger
        self._total = 0
        self._answers: dict[HeldAnswer, None] = {}  # in order of their beginning

    @contextmanager
    def held(self, size: int, scope: Scope) -> Iterator[HeldAnswer]:
        """Hold an answer of `size` bytes to the request with this scope for the length of the block."""
        now = time.monotonic()
        self._make_room(size, now)
        # GuardedProtocol sets "cut" and "delivered"; other servers do not.
        answer = HeldAnswer(size, now, scope.get("cut", _leave), scope.get("delivered"))
        self._answers[answer] = None
        self._total += size
        with self._ledger.held(size):
            try:
                yield answer
            finally:
                self._release(answer)

    def _make_room(self, size: int, now: float) -> None:
        while self._answers and self._total + size > self._max_bytes:
            # Among answers that have only just begun, the one whose client has most left to take.
            slowest = min(self._answers, key=lambda answer: (answer.rate(now), answer.taken - answer.size))
            self._release(slowest)
            slowest.cut("answer_memory_full", "answers took too much memory, and its client was the slowest reader")

    def _release(self, answer: HeldAnswer) -> None:
        """Forget an answer. Does nothing the second time."""
        if answer in self._answers:
            del self._answers[answer]
            self._total -= answer.size


def _leave(code: str, reason: str) -> None:
    """Cut nothing: this server offers no way to close a connection, and its answers end by themselves."""
