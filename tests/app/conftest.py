from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving


@pytest.fixture(scope="session", autouse=True)
def _default_settings() -> Iterator[None]:
    """Whatever settings the shell has, the tests start from the defaults."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LIKENESS_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def likeness(_default_settings: None) -> Iterator[Likeness]:
    """The server as it comes: embedded models, default settings."""
    with serving() as server:
        yield server


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()
