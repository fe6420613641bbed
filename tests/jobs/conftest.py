"""Real servers for the tests of jobs, one per session and worker of pytest-xdist, and a workplace of each test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import _default_settings, _logging_as_it_was  # noqa: F401 # of each test here too
from tests.app.fakes import FakeModels
from tests.jobs.postgres import PostgresServer, absence, postgres_running
from tests.jobs.workplace import Workplace, workplace


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; skips where there is none."""
    reason = absence()
    if reason is not None:
        pytest.skip(reason)
    with postgres_running() as server:
        yield server


@pytest.fixture
def fakes() -> FakeModels:
    return FakeModels()


@pytest.fixture
def play(tmp_path: Path, fakes: FakeModels) -> Callable[..., None]:
    """Runs a coroutine function at a workplace, with settings of its service."""

    def played(scene: Callable[[Workplace], Awaitable[None]], **settings: Any) -> None:
        async def main() -> None:
            async with workplace(tmp_path / "data", fakes, **settings) as place:
                await scene(place)
                assert place.service.memory.reserved == 0

        asyncio.run(main())

    return played
