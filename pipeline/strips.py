"""A large picture in strips: between two of them other work may go first, and temporary arrays are a strip's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

PIXELS = 2**21  # of a strip, which takes a few hundredths of a second
# Lines. Strips begin at multiples of it, and none is shorter unless the picture is: OpenCV computes several pixels at
# once and those at the end of a line or of a block of 32 lines one by one, which may differ in the last bit.
STEP = 64

Check: TypeAlias = Callable[[], None]  # lets other work go first; raises where the work is to stop


def unchecked() -> None:
    """The check of work that nothing waits for."""


def strips(length: int, breadth: int) -> Iterator[slice]:
    """The strips along an axis of `length` pixels, each of about `PIXELS` pixels where each line has `breadth`."""
    step = max(STEP, PIXELS // max(breadth, 1) // STEP * STEP)
    start = 0
    while start < length:
        stop = length if length - start - step < STEP else start + step
        yield slice(start, stop)
        start = stop
