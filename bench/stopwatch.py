"""Times of functions that other code calls: the functions are wrapped, the code stays unchanged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch


def synchronize() -> None:
    """Wait until a CUDA device has finished its work; without one do nothing."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result of `work`, and the seconds that it took."""
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
        """Set all times to zero."""
        self.milliseconds = {}

    def add(self, name: str, seconds: float) -> None:
        """Add these seconds to `name`."""
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + seconds * 1000

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, with the time of every call added to `name`."""

        def measured(*arguments: Any, **named: Any) -> Any:
            result, seconds = timed(lambda: function(*arguments, **named))
            self.add(name, seconds)
            return result

        return measured


class Timed:
    """A model with one timed method; all other attributes are the model's own."""

    def __init__(self, model: Any, method: str, stopwatch: Stopwatch, name: str) -> None:
        self._model = model
        setattr(self, method, stopwatch.wrap(name, getattr(model, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
