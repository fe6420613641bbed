"""How long photos are on the device: those that are there now, and by them the others."""

import heapq
import time

from pipeline.run import Run

NEWEST = 0.2  # of the newest photo in the average


class DeviceTime:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self.seconds_per_photo = 1.0  # as a moving average
        self._is_measured = False
        self._started: dict[Run, float] = {}  # by time.monotonic()
        self._ends: dict[Run, float] = {}  # when those are to be done that have a plan

    def start(self, run: Run) -> None:
        """The photo goes on the device."""
        self._started[run] = time.monotonic()

    def foresee(self, run: Run, seconds: float) -> None:
        """The photo on the device is to take so many seconds from now on."""
        if run in self._started:
            self._ends[run] = time.monotonic() + seconds

    def finish(self, run: Run) -> None:
        """The photo leaves the device."""
        seconds = time.monotonic() - self._started.pop(run)
        self._ends.pop(run, None)
        self.seconds_per_photo += NEWEST * (seconds - self.seconds_per_photo)
        self._is_measured = True

    def until_free(self, before: int, slots: int) -> float | None:
        """Seconds until one of the `slots` is free for a photo that so many others go before; None: unknown."""
        left: list[float | None] = [self._left(run) for run in self._started]
        known = [seconds for seconds in left if seconds is not None]
        if len(left) + before < slots:
            return 0.0
        if len(known) < len(left) or (before and not self._is_measured):
            return None
        free = sorted([*known, *[0.0] * (slots - len(known))])  # in how many seconds each slot is
        for _ in range(before):
            heapq.heapreplace(free, free[0] + self.seconds_per_photo)
        return free[0]

    def _left(self, run: Run) -> float | None:
        now, end = time.monotonic(), self._ends.get(run)
        if end is None and not self._is_measured:
            return None
        return max(0.0, (self._started[run] + self.seconds_per_photo if end is None else end) - now)
