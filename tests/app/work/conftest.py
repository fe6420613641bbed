from __future__ import annotations

import pytest

from app.work.shares import Shares
from tests.app.clock import Clock
from tests.app.work.asking import PLACES


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shares(clock: Clock) -> Shares:
    """Nine places, one of them on the device."""
    return Shares(slots=1, queue_size=PLACES - 1, clock=clock)
