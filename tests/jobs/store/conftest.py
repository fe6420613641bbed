"""The same tests on SQLite and on PostgreSQL: each gets an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.store.store import JobStore, open_store
from tests.jobs.postgres import PostgresServer


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty()


@pytest.fixture
async def store(database: str) -> AsyncIterator[JobStore]:
    opened = await open_store(database)
    yield opened
    await opened.close()
