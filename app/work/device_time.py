"""How long photos are on the device: those that are there now, and by them the others."""

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

    def until_done(self, waiting: int) -> float | None:
        """Seconds that the photos on the device and so many others need one after the other; None: unknown."""
        left: list[float | None] = [self._left(run) for run in self._started]
        known = [seconds for seconds in left if seconds is not None]
        if len(known) < len(left) or (waiting and not self._is_measured):
            return None
        return sum(known) + waiting * self.seconds_per_photo

    def _left(self, run: Run) -> float | None:
        now, end = time.monotonic(), self._ends.get(run)
        if end is None and not self._is_measured:
            return None
        return max(0.0, (self._started[run] + self.seconds_per_photo if end is None else end) - now)
