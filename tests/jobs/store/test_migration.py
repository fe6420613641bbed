"""Opening a database: its tables are made once, by whoever is first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from jobs.errors import StoreUnavailable
from jobs.store import migration
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.store.tables import metadata
from tests.jobs.store.samples import added

pytestmark = pytest.mark.anyio

_OPEN = """
import asyncio, sys
from jobs.store.store import open_store
from tests.jobs.store.samples import added
async def main():
    store = await open_store(sys.argv[1])
    await added(store)
    await store.close()
sys.stdin.readline()
asyncio.run(main())
"""


async def test_several_processes_may_open_an_empty_database_at_once(database: str) -> None:
    command = [sys.executable, "-c", _OPEN, database]
    processes = [_started(command) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    store = await open_store(database)
    assert len(await store.page("ada", limit=9)) == 3
    await store.close()


async def test_opening_again_keeps_what_is_there(database: str) -> None:
    store = await open_store(database)
    job = await added(store)
    await store.close()
    store = await open_store(database)
    assert await store.get(job.id, "ada") == job
    await store.close()


async def test_the_steps_make_the_tables_that_the_code_knows(store: JobStore, database: str) -> None:
    engine = engine_for(database)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_database_of_a_newer_version_is_refused(store: JobStore, database: str) -> None:
    engine = engine_for(database)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'of_next_year'"))
    await engine.dispose()
    with pytest.raises(StoreUnavailable, match="newer version"):
        await open_store(database)


async def test_a_step_that_fails_leaves_nothing(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    source = Path(migration.__file__).with_name("migrations")
    (scripts / "env.py").write_text((source / "env.py").read_text())
    step = (source / "versions" / "first_tables.py").read_text()
    broken = step.replace('op.create_index("jobs_page", "jobs"', 'op.create_index("jobs_page", "no_such_table"')
    assert broken != step
    (scripts / "versions" / "first_tables.py").write_text(broken)
    with monkeypatch.context() as patched:
        patched.setattr(migration, "_SCRIPTS", scripts)
        with pytest.raises(Exception, match="no_such_table"):
            await open_store(database)
    store = await open_store(database)
    await added(store)
    await store.close()


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_steps_are_one_line_without_branches() -> None:
    script = ScriptDirectory(str(Path(migration.__file__).with_name("migrations")))
    assert len(script.get_heads()) == 1
