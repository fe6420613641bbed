"""Quotas: how much one owner may have waiting, send in a day, and keep."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.errors import QuotaExceeded

HOUR, DAY_HOURS = 3_600, 24
MEGABYTE = 1024 * 1024  # as in all settings


@dataclass(frozen=True, slots=True)
class Usage:
    """What an owner has: jobs that wait or are at work, jobs submitted by the hour, and bytes that are kept.

    `hours`: the number of an hour since 1970 → jobs submitted in it, of the last 24 hours. `now`: seconds by the
    database's clock. What no quota asks for is 0.
    """

    waiting: int = 0
    hours: Mapping[int, int] = field(default_factory=dict)
    kept_bytes: int = 0
    now: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be added: `jobs`, of which `waiting` are not over at once, and their bytes."""

    jobs: int = 1
    waiting: int = 1
    kept_bytes: int = 0

    def __add__(self, more: "Load") -> "Load":
        return Load(self.jobs + more.jobs, self.waiting + more.waiting, self.kept_bytes + more.kept_bytes)


@dataclass(frozen=True, slots=True)
class Quota:
    """The most of each that one owner may have; 0: any number."""

    waiting: int = 0
    jobs_a_day: int = 0
    kept_bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.waiting or self.jobs_a_day or self.kept_bytes)

    def check(self, usage: Usage, load: Load) -> None:
        """Raises `QuotaExceeded` if the load does not fit beside what there is."""
        if self.waiting and load.waiting and usage.waiting + load.waiting > self.waiting:
            raise QuotaExceeded(
                f"You have {_jobs(usage.waiting)} waiting{_fit(self.waiting, usage.waiting, load.waiting)}"
            )
        sent = sum(usage.hours.values())
        if self.jobs_a_day and sent + load.jobs > self.jobs_a_day:
            message = f"You have sent {_jobs(sent)} in the last 24 hours{_fit(self.jobs_a_day, sent, load.jobs)}"
            until = self._free_at(usage, load.jobs)
            if until is None:
                raise QuotaExceeded(message)
            message += f" They fit from {time.strftime('%H:%M UTC', time.gmtime(until))} on."
            raise QuotaExceeded(message, retry_after=max(1, math.ceil(until - usage.now)))
        if self.kept_bytes and usage.kept_bytes + load.kept_bytes > self.kept_bytes:
            raise QuotaExceeded(
                f"Your jobs keep {usage.kept_bytes / MEGABYTE:.1f} MB, and {self.kept_bytes / MEGABYTE:.1f} MB are the"
                f" most: {load.kept_bytes / MEGABYTE:.1f} MB more do not fit. Delete jobs, or wait until they expire."
            )

    def _free_at(self, usage: Usage, jobs: int) -> float | None:
        """When so many more jobs fit into the day, in seconds since 1970; None if they never do."""
        left = sum(usage.hours.values())
        for hour, count in sorted(usage.hours.items()):
            left -= count
            if left + jobs <= self.jobs_a_day:
                return float((hour + DAY_HOURS) * HOUR)
        return None


UNLIMITED = Quota()


def _jobs(number: int) -> str:
    return "1 job" if number == 1 else f"{number} jobs"


def _fit(most: int, has: int, more: int) -> str:
    if has >= most and more == 1:
        return ", which is the most."
    return f", and {most} {'is' if most == 1 else 'are'} the most: {more} more {'does' if more == 1 else 'do'} not fit."
