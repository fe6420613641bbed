"""Opening a database: its tables are made once, by whoever is first."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Uuid, bindparam, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils.compat import uuid7

from jobs.errors import StoreUnavailable
from jobs.job import JobError
from jobs.quota import Quota
from jobs.store import migration
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.store.tables import metadata
from jobs.webhooks.webhook import Webhook
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, new_job

pytestmark = pytest.mark.anyio

_OPEN = """
import asyncio, sys
from jobs.store.store import open_store
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added
async def main():
    store = await open_store(sys.argv[1])
    await added(store)
    await store.close()
sys.stdin.readline()
asyncio.run(main())
"""

_OLD_JOB = text(
    "INSERT INTO jobs (id, owner, kind, file_name, asked, input_key, state, attempt, releases, is_cancelling, fraction,"
    " timings_ms, created_at, expires_at) VALUES (:id, 'ada', 'enhance', 'a.png', '{\"fidelity\": 0.5}', 'jobs/photo',"
    " 'queued', 0, 0, false, 0, '{}', :at, :until)"
).bindparams(bindparam("id", type_=Uuid))


async def test_several_processes_may_open_an_empty_database_at_once(database: str) -> None:
    _open_in_three_processes(database)
    store = await open_store(database)
    assert len(await store.page("ada", limit=9)) == 3
    await store.close()


async def test_several_processes_may_upgrade_a_database_with_jobs_in_it(database: str) -> None:
    """Jobs of the first version: they keep their order, and are begun before new ones."""
    old = [uuid7() for _ in range(3)]
    engine = engine_for(database)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "first_tables")
        for number, job_id in enumerate(old):
            await connection.execute(_OLD_JOB, {"id": job_id, "at": float(number), "until": time.time() + HOUR})
    await engine.dispose()
    _open_in_three_processes(database)
    store = await open_store(database, quota=Quota(waiting=7, jobs_a_day=1, kept_bytes=10))
    await added(store, kept_bytes=7)
    begun = [await store.claim(LEASE, max_attempts=ATTEMPTS) for _ in range(7)]
    assert [job.id for job in begun if job is not None][:3] == old
    assert None not in begun
    first = await store.get(old[0], "ada")
    assert (first.kept_bytes, first.turn, first.state, first.asked) == (0, 0, "running", {"fidelity": 0.5})
    await store.close()


def _open_in_three_processes(database: str) -> None:
    """Each adds a job."""
    processes = [_started([sys.executable, "-c", _OPEN, database]) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said


def _upgrade_to(connection: Connection, revision: str) -> None:
    command.upgrade(_steps_on(connection), revision)


def _downgrade_to(connection: Connection, revision: str) -> None:
    command.downgrade(_steps_on(connection), revision)


def _steps_on(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migration._SCRIPTS))
    config.attributes["connection"] = connection
    return config


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


@pytest.mark.parametrize("name", ["first_tables", "turns"])
async def test_a_step_that_fails_leaves_nothing(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nor do the steps before it: in one transaction, others never see the tables half upgraded."""
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(migration.__file__).with_name("migrations"), scripts)
    step = scripts / "versions" / f"{name}.py"
    step.write_text(
        step.read_text().replace("def upgrade() -> None:", 'def upgrade() -> None:\n    op.drop_table("none")')
    )
    with monkeypatch.context() as patched:
        patched.setattr(migration, "_SCRIPTS", scripts)
        with pytest.raises(SQLAlchemyError, match="none"):
            await open_store(database)
    engine = engine_for(database)
    async with engine.connect() as connection:
        assert await connection.run_sync(lambda here: inspect(here).get_table_names()) == []
    await engine.dispose()
    store = await open_store(database)
    await added(store)
    await store.close()


async def test_webhooks_of_batches_that_were_being_added_wait_or_are_due(store: JobStore, database: str) -> None:
    """As a process of an older version left them that was ended while it added the jobs of a batch."""
    ended, at_work, empty = uuid7(), uuid7(), uuid7()
    for number, submitted in (
        (ended, [(new_job(batch=ended), JobError("A sentence.", "decode", "broken_image"))]),
        (at_work, [(new_job(batch=at_work), None)]),
        (empty, []),
    ):
        await store.add_batch(number, "ada", keep_s=HOUR, submitted=submitted, webhook_url="https://example.org/")
    engine = engine_for(database)
    async with engine.begin() as connection:
        await connection.run_sync(_downgrade_to, "turns")
        as_before = "UPDATE deliveries SET state = 'adding', type = NULL, ended_at = NULL, due_at = NULL"
        await connection.execute(text(as_before))
    await engine.dispose()
    later = await open_store(database)
    (delivery,) = await later.outbox.claim(60, limit=9)
    assert (delivery.batch, delivery.host) == (ended, "example.org")
    for number in (at_work, empty):
        assert await later.outbox.webhook(number) == Webhook("waiting", 0, None)
    await later.cancel_batch(at_work, "ada")
    (delivery,) = await later.outbox.claim(60, limit=9)
    assert (delivery.batch, delivery.type) == (at_work, "batch.finished")
    await later.close()


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_steps_are_one_line_without_branches() -> None:
    script = ScriptDirectory(str(Path(migration.__file__).with_name("migrations")))
    assert len(script.get_heads()) == 1
