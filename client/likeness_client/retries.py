"""Which requests are sent again, how often, and after how long."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import SystemRandom

import httpx

from .errors import LikenessError, Unreachable, error_of
from .steps import Pause, Plan, Send


@dataclass(frozen=True)
class Retries:
    """At most `attempts` tries of a request within `total_s` seconds, pauses included.

    The n-th pause is `first_s` · 2ⁿ⁻¹ seconds, at most `longest_s`, times a random number between 1/2 and 1, so that
    many clients do not come back at once. A server's `Retry-After` is never undercut.
    """

    attempts: int = 12
    total_s: float = 60.0
    first_s: float = 0.25
    longest_s: float = 8.0

    def pause(self, attempt: int, wanted: float | None) -> float:
        """The seconds between this attempt, the first is 1, and the next one."""
        backoff = min(self.longest_s, self.first_s * 2.0 ** min(attempt - 1, 30))
        return max(wanted or 0.0, backoff * SystemRandom().uniform(0.5, 1))


def answered(send: Send, retries: Retries) -> Plan[httpx.Response]:
    """The successful answer to a request. Raises `LikenessError` for any other, and where none comes.

    It is sent again after 429 and 503, and without an answer (or with a proxy's 502): what makes a job or a batch has a
    key, by which the server knows it. Where `Retry-After` is later than the time that is left, nothing is waited for.
    """
    start, attempt = time.monotonic(), 0
    while True:
        attempt += 1
        cause: Exception | None = None
        failure: LikenessError
        try:
            response: httpx.Response = yield send
        except httpx.RequestError as error:
            cause, failure, again = error, _unreachable(error), True
        else:
            if response.is_success:
                return response
            if send.method == "DELETE" and response.status_code == 404 and attempt > 1:
                return response  # an earlier attempt has removed it; only its answer was lost
            failure = error_of(response)
            again = failure.status in (429, 502, 503)
        pause = retries.pause(attempt, failure.retry_after)
        late = time.monotonic() - start + pause > retries.total_s
        if not again or attempt >= retries.attempts or late:
            raise failure from cause
        yield Pause(pause)


def _unreachable(error: httpx.RequestError) -> Unreachable:
    said = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        said = f"nothing came in time ({type(error).__name__})"
    return Unreachable(f"The server did not answer: {said}.", "unreachable", "connection")
