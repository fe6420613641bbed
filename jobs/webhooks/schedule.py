"""When a message that was not accepted is sent again."""

import random
import time
from email.utils import parsedate_to_datetime

MINUTE, HOUR = 60.0, 3600.0
DELAYS = (5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR)  # the last one again and again
JITTER = 0.2  # of the delay at most: messages that failed together are not sent again together
LONGEST_ASKED = HOUR


def delay_s(attempts: int, retry_after: str | None) -> float:
    """The seconds until the next attempt, after so many that have failed.

    Not before the receiver's `Retry-After` (seconds or a date), which counts up to an hour.
    """
    planned = DELAYS[min(attempts, len(DELAYS)) - 1]
    asked = min(_seconds(retry_after), LONGEST_ASKED)
    return max(planned, asked) * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 # no secret


def pause_s(wait_s: float) -> float:
    """The seconds for which a message is put off whose host is left alone for `wait_s` seconds.

    Longer by a random part: of many messages to one host that is away, not all are looked at each time.
    """
    return wait_s + random.uniform(0.0, MINUTE)  # noqa: S311 # no secret


def _seconds(retry_after: str | None) -> float:
    """What a `Retry-After` asks for; 0 where there is none, or none that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
