"""Circuit breakers: who has not answered several times in a row is left alone for a while, and nobody waits for him.

The package `purgatory` was tried and is not used: when its pause is over it lets all waiting calls through at once and
not one, it takes a cancelled call for a failure, and it measures pauses by a clock that can be set.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jobs.errors import StoreUnavailable
from pipeline.errors import PipelineError

BreakerState: TypeAlias = Literal["closed", "open", "half-open"]

FAILURES = 5  # in a row
PAUSE_S = 2.0  # short, because a store that was restarted is back soon
TRY_S = 15.0  # which one call is given to try; then another one may
HOST_PAUSE_S = 30.0
MOST_HOSTS = 1000


class Call:
    """A call that may go, and then tells its breaker once how it went."""


class Breaker:
    """Closed: calls may go. Open, after some failures in a row: none may for `pause_s` seconds, then one to try."""

    def __init__(self, pause_s: float = PAUSE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s, self._clock = pause_s, clock
        self._failures, self._next_try = 0, 0.0
        self._try: Call | None = None

    @property
    def state(self) -> BreakerState:
        """`half-open`: one call tries."""
        if not self.is_open:
            return "closed"
        return "open" if self._try is None else "half-open"

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once, but for the one that tries."""
        return self._failures >= FAILURES

    @property
    def wait_s(self) -> float:
        """The seconds until a call may go; 0 where one may now."""
        return max(0.0, self._next_try - self._clock()) if self.is_open else 0.0

    def begin(self) -> Call | None:
        """A call that may go now; None where none may."""
        if self.wait_s:
            return None
        call = Call()
        if self.is_open:
            self._try, self._next_try = call, self._clock() + TRY_S  # the others do not wait for this one
        return call

    def worked(self) -> None:
        """A call was answered."""
        self._failures, self._try = 0, None

    def failed(self, call: Call) -> None:
        """The call was not answered. Of one that began before the breaker opened, that says nothing new."""
        if self.is_open and call is not self._try:
            return
        self._failures += 1
        self._try, self._next_try = None, self._clock() + self._pause_s

    def left(self, call: Call) -> None:
        """The call ended without showing either: its task was cancelled, for example."""
        if call is self._try:
            self._try, self._next_try = None, self._clock()


class StoreBreaker(Breaker):
    """Around the calls to a store."""

    _sentence = ""  # of the last failure

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For one call. Raises `StoreUnavailable` instead of letting it go, as the last failure did."""
        call = self.begin()
        if call is None:
            refused = StoreUnavailable(self._sentence)
            refused.retry_after = math.ceil(self.wait_s)
            raise refused
        try:
            yield
        except StoreUnavailable as error:
            self._sentence = error.message
            self.failed(call)
            raise
        except PipelineError:  # an answer too: there is no such job, for example
            self.worked()
            raise
        except BaseException:
            self.left(call)
            raise
        self.worked()


def watched(breaker: StoreBreaker | None) -> AbstractContextManager[None]:
    """For one call to a store, which may have no breaker."""
    return nullcontext() if breaker is None else breaker.watching()


class HostBreakers:
    """A breaker for each host that webhooks are sent to: one that is away keeps no place among those being sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}

    def of(self, host: str) -> Breaker:
        """The breaker of a host. The one that was made first is forgotten when there are too many."""
        if host not in self._breakers:
            while len(self._breakers) >= MOST_HOSTS:
                del self._breakers[next(iter(self._breakers))]
            self._breakers[host] = Breaker(HOST_PAUSE_S, self._clock)
        return self._breakers[host]

    @property
    def state(self) -> BreakerState:
        """`open` while any host is left alone. Clients choose the hosts, so no metric names them.

        One whose pause is over does not count: it may never be sent anything again.
        """
        return "open" if self.resting else "closed"

    @property
    def resting(self) -> list[str]:
        """The hosts that are left alone now, or that one call tries."""
        return [host for host, breaker in self._breakers.items() if breaker.wait_s]


@dataclass(frozen=True, slots=True)
class Breakers:
    """Those of a process. None: a database in a file and objects in a folder have none.

    These fail at once and not after a while; on a full disk it has to be possible to remove something.
    """

    database: Breaker | None
    objects: Breaker | None
    webhooks: HostBreakers | None

    def states(self) -> Mapping[str, BreakerState]:
        """By name, of those that there are."""
        named = {"database": self.database, "objects": self.objects, "webhooks": self.webhooks}
        return {name: found.state for name, found in named.items() if found is not None}
