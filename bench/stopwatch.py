"""Times of parts that are called from somewhere inside: their functions are wrapped, nothing else is touched."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch


def synchronize() -> None:
    """Wait until the device has done what it was told; a CPU always has."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` gives, and the seconds it took."""
    synchronize()
    start = time.perf_counter()
    result = work()
    synchronize()
    return result, time.perf_counter() - start


class Stopwatch:
    """Adds up milliseconds by name."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    def reset(self) -> None:
        """Forget what was measured."""
        self.milliseconds = {}

    def add(self, name: str, seconds: float) -> None:
        """Count these seconds under `name`."""
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + seconds * 1000

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, every call of which is timed under `name`."""

        def measured(*arguments: Any, **named: Any) -> Any:
            result, seconds = timed(lambda: function(*arguments, **named))
            self.add(name, seconds)
            return result

        return measured


class Timed:
    """A model of which one method is timed; everything else of it is as it was."""

    def __init__(self, model: Any, method: str, stopwatch: Stopwatch, name: str) -> None:
        self._model = model
        setattr(self, method, stopwatch.wrap(name, getattr(model, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
