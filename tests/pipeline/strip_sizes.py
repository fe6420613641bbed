"""Work in small strips, for tests that compare it with the work in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline import strips

ONE_PIECE = 2**40


@contextmanager
def strips_of(pixels: int, step: int = strips.STEP) -> Iterator[None]:
    """Strips of so many pixels within the block, of at least `step` lines each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "PIXELS", pixels)
        patch.setattr(strips, "STEP", step)
        yield
