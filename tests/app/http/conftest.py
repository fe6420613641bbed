"""One server with fake models for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving


@pytest.fixture(scope="module")
def fakes_server() -> Iterator[Likeness]:
    with serving(FakeModels()) as server:
        yield server
