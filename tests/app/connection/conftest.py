"""A server with a short read timeout."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.connection.clients import TIMEOUT_S
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving


@pytest.fixture(scope="module")
def hasty() -> Iterator[Likeness]:
    """A server with a read timeout of one second."""
    with serving(FakeModels(), read_timeout_s=TIMEOUT_S) as server:
        yield server
