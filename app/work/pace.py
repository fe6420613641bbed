"""The pace of this machine: how many times as long as the table of costs says each kind of work takes here."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeAlias

from app.work.costs import Cost

NEWEST = 0.3  # of the newest photo in the average, once there are a few
MOST_CHANGE = math.log(2)  # of which one photo can move the average by its part: a machine may be busy for a moment
LEAST_SECONDS = 0.002  # a shorter stage tells more of the clock than of the machine
MOST_KINDS = 256  # are remembered: those that were learned last
NETWORK_STAGES = frozenset({"restoration", "identity", "upscaling", "metrics"})  # which may run on a GPU

_Key: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class _Learned:
    """The logarithm of a pace, and how many photos it is the average of; 0: it comes from the calibration."""

    log: float
    photos: int


class Pace:
    """Learns from every finished photo. Any thread may use it."""

    def __init__(self) -> None:
        self._learned: OrderedDict[_Key, _Learned] = OrderedDict()
        self._lock = threading.Lock()

    def calibrate(self, cost: Cost, seconds: float) -> None:
        """Take a first measurement, until a photo gives a better one."""
        if seconds > 0 and cost.seconds > 0:
            with self._lock:
                self._remember((cost.stage, cost.kind), _Learned(math.log(seconds / cost.seconds), 0))

    def copy(self) -> "Pace":
        """What is known now; it does not learn with this one."""
        copied = Pace()
        with self._lock:
            copied._learned.update((key, replace(known)) for key, known in self._learned.items())
        return copied

    def learn(self, costs: Iterable[Cost], stages_s: Mapping[str, float]) -> None:
        """Learn from a photo that was done: what its stages were to cost, and the seconds that each has taken."""
        with self._lock:
            for cost in costs:
                seconds = stages_s.get(cost.stage, 0.0)
                if seconds >= LEAST_SECONDS and cost.seconds > 0:
                    self._learn((cost.stage, cost.kind), math.log(seconds / cost.seconds))

    def seconds(self, cost: Cost) -> float:
        """How long the work takes here; by the pace of similar work where this kind was never measured."""
        with self._lock:
            known = self._learned.get((cost.stage, cost.kind))
            return cost.seconds * math.exp(self._similar(cost.stage) if known is None else known.log)

    def _learn(self, key: _Key, log: float) -> None:
        known = self._learned.get(key)
        if known is None or known.photos == 0:
            self._remember(key, _Learned(log, 1))
            return
        photos = known.photos + 1
        change = max(-MOST_CHANGE, min(MOST_CHANGE, log - known.log))
        self._remember(key, _Learned(known.log + change * max(NEWEST, 1 / photos), photos))

    def _remember(self, key: _Key, learned: _Learned) -> None:
        self._learned[key] = learned
        self._learned.move_to_end(key)
        if len(self._learned) > MOST_KINDS:
            self._learned.popitem(last=False)

    def _similar(self, stage: str) -> float:
        """The logarithm of the median pace of the stage's other kinds, else of other networks or other plain work."""
        same = [known.log for (name, _), known in self._learned.items() if name == stage]
        is_network = stage in NETWORK_STAGES
        others = [known.log for (name, _), known in self._learned.items() if (name in NETWORK_STAGES) == is_network]
        return median(same or others or [0.0])
