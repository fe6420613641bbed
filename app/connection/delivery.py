"""Whether a client takes its answer fast enough."""

from typing import Literal, TypeAlias

Fault: TypeAlias = Literal["answer_not_taken", "answer_too_slow"]


class Delivery:
    """What a client takes while the server waits for it. Times are in seconds, by any clock that only goes forward.

    It must take something within each `patience_s`, and after the first `patience_s` it must have taken, all the time,
    at least `min_rate` bytes for each further second. So an answer of n bytes is gone after `patience_s` + n /
    `min_rate` at the latest, and a client may stop in between.
    """

    def __init__(self, taken: int, now: float, *, patience_s: float, min_rate: float) -> None:
        self._taken_before, self._began_at = taken, now
        self._taken, self._moved_at = taken, now
        self._patience_s, self._min_rate = patience_s, min_rate

    def fault(self, taken: int, now: float) -> Fault | None:
        """What is wrong if the client has taken so many bytes up to `now`; None if it is fast enough."""
        if taken > self._taken:
            self._taken, self._moved_at = taken, now
        elif now - self._moved_at >= self._patience_s:
            return "answer_not_taken"
        due = self._min_rate * (now - self._began_at - self._patience_s)
        return "answer_too_slow" if taken - self._taken_before < due else None
