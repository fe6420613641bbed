"""A database that goes away, is locked or is full: an error that says so, and all goes on when it is back."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import stamina
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.errors import StoreUnavailable, UnknownJob
from jobs.job import Job
from jobs.quota import UNLIMITED
from jobs.store import connection as connections
from jobs.store import store as stores
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.store.transaction import transact
from tests.jobs.postgres import PostgresServer, needs_postgres, postgres_running
from tests.jobs.store.samples import ATTEMPTS, HOUR, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def without_patience() -> Iterator[None]:
    """Two tries, with no pause between them."""
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture(scope="module")
def restartable() -> Iterator[PostgresServer]:
    """A PostgreSQL of its own, because others' tests need theirs."""
    with postgres_running() as server:
        yield server


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def settled(store: JobStore) -> None:
    """Wait until the store answers again."""
    for _ in range(50):
        try:
            await store.counts()
        except StoreUnavailable:
            await asyncio.sleep(0.05)
        else:
            return
    pytest.fail("the store did not recover")


@needs_postgres
@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_postgresql_restarted_in_the_middle(restartable: PostgresServer, ending: str) -> None:
    store = await open_store(restartable.empty())
    job = await begun(store)
    await asyncio.gather(*(store.get(job.id, "ada") for _ in range(8)))  # the pool has several connections
    await asyncio.to_thread(getattr(restartable, ending))
    with stamina.set_testing(True, attempts=2):
        for call in (store.counts(), store.claim(LEASE, max_attempts=ATTEMPTS), store.delete(job.id, "ada")):
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await call
    await asyncio.to_thread(restartable.start)
    await settled(store)
    assert await store.get(job.id, "ada") == job
    assert not await store.beat(job, LEASE, stage="restore", fraction=0.5)
    assert (await store.succeed(job, result_of(job), {})).state == "succeeded"
    await store.close()


@needs_postgres
async def test_a_short_restart_is_not_noticed(restartable: PostgresServer) -> None:
    store = await open_store(restartable.empty())
    job = await begun(store)
    restartable.stop()
    restart = asyncio.to_thread(restartable.start)
    beats = [store.beat(job, LEASE, stage="restore", fraction=0.5) for _ in range(5)]
    outcomes = await asyncio.gather(*beats, restart, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {bool, type(None), StoreUnavailable}
    await settled(store)
    assert not await store.beat(job, LEASE, stage="restore", fraction=0.5)
    await store.close()


@needs_postgres
async def test_connections_that_are_ended_while_the_pool_holds_them(restartable: PostgresServer) -> None:
    store = await open_store(restartable.empty())
    job = await begun(store)
    for _ in range(3):
        restartable.end_connections()
        assert (await store.get(job.id, "ada")).attempt == job.attempt
        restartable.end_connections()
        assert not await store.beat(job, LEASE, stage=None, fraction=0)
    await store.close()


async def test_no_postgresql_at_all(without_patience: None) -> None:
    with pytest.raises(StoreUnavailable, match="does not answer") as raised:
        await open_store("postgresql://somebody:secret@127.0.0.1:1/jobs")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["mysql://host/jobs", "not a url", "", "redis://host"])
async def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|sqlite"):
        await open_store(url)


async def test_the_timeouts_of_the_url_count(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    monkeypatch.setattr(connections, "create_async_engine", lambda url, **options: seen.update(options))
    engine_for("postgres://u@host/jobs?connect_timeout=1")
    assert "connect_timeout" not in seen["connect_args"]
    assert seen["connect_args"]["tcp_user_timeout"] == 10_000


async def test_sqlite_that_another_process_locks(tmp_path: Path, without_patience: None) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db?timeout=0.02")
    job = await added(store)
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await store.claim(LEASE, max_attempts=ATTEMPTS)
        assert await store.get(job.id, "ada") == job  # who reads does not wait
        other.execute("ROLLBACK")
    assert (await store.claim(LEASE, max_attempts=ATTEMPTS)) is not None
    await store.close()


async def test_sqlite_that_another_process_locks_for_a_moment(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    await added(store)
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
        end.start()
        assert (await store.claim(LEASE, max_attempts=ATTEMPTS)) is not None
        end.join()
    await store.close()


async def test_a_full_disk(tmp_path: Path, without_patience: None) -> None:
    """`max_page_count` makes SQLite say what it says of a full disk."""
    engine = engine_for(f"sqlite:///{tmp_path}/jobs.db")
    event.listen(engine.sync_engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 40"))
    await transact(engine, stores.migrate)
    store = JobStore(engine)
    kept = await added(store)
    big = {"text": "x" * 50_000}
    adds = [store.add(new_job(asked=big), keep_s=HOUR) for _ in range(10)]
    outcomes = await asyncio.gather(*adds, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {tuple, StoreUnavailable}
    assert await store.get(kept.id, "ada") == kept
    for job in await store.page("ada", limit=20):
        await store.delete(job.id, "ada")
    await added(store, asked=big)
    await store.close()


async def test_a_damaged_file(tmp_path: Path, without_patience: None) -> None:
    (tmp_path / "jobs.db").write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreUnavailable):
        await open_store(f"sqlite:///{tmp_path}/jobs.db")


async def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be made: No such file"):
        await open_store(f"sqlite:///{tmp_path}/missing/jobs.db")


async def test_only_the_user_can_read_the_files(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    await added(store)
    assert modes_in(tmp_path) == {"jobs.db": 0o600, "jobs.db-wal": 0o600, "jobs.db-shm": 0o600}
    await store.close()


async def test_a_database_in_memory() -> None:
    store = await open_store("sqlite://")
    jobs = await asyncio.gather(*(added(store) for _ in range(5)))
    assert len({job.id for job in jobs}) == 5
    assert len(await store.page("ada", limit=9)) == 5
    await store.close()


async def test_a_call_that_is_given_up_leaves_no_lock(store: JobStore) -> None:
    for milliseconds in range(16):
        calls = [asyncio.create_task(added(store)) for _ in range(6)]
        await asyncio.sleep(milliseconds % 8 / 1000)
        for call in calls:
            call.cancel()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(outcome, Job | asyncio.CancelledError) for outcome in outcomes)
        async with asyncio.timeout(4):
            await added(store)


async def test_a_call_that_is_given_up_ends_its_transaction_first(store: JobStore) -> None:
    request, is_inside = new_job(), asyncio.Event()

    async def work(connection: AsyncConnection) -> None:
        is_inside.set()
        await asyncio.sleep(0.01)
        await stores.jobs.add(connection, request, HOUR, None, UNLIMITED)

    call = asyncio.create_task(transact(store._engine, work))
    await is_inside.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await store.get(request.id, "ada")).state == "queued"


@pytest.mark.parametrize(("is_repeatable", "times"), [(True, 2), (False, 1)])
async def test_what_may_not_happen_twice_is_not_repeated_after_the_commit(
    database: str, without_patience: None, monkeypatch: pytest.MonkeyPatch, is_repeatable: bool, times: int
) -> None:
    engine = engine_for(database)
    done: list[None] = []

    async def work(connection: AsyncConnection) -> None:
        done.append(None)

    async def lost(connection: AsyncConnection) -> None:
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    monkeypatch.setattr(AsyncConnection, "commit", lost)
    with pytest.raises(StoreUnavailable) as raised:
        await transact(engine, work, is_repeatable=is_repeatable)
    assert raised.value.may_be_done
    assert len(done) == times
    await engine.dispose()


async def test_an_error_of_the_work_undoes_it_and_is_not_repeated(store: JobStore) -> None:
    calls: list[None] = []

    async def work(connection: AsyncConnection) -> None:
        calls.append(None)
        await stores.jobs.add(connection, new_job(), HOUR, None, UNLIMITED)
        raise UnknownJob("no")

    with pytest.raises(UnknownJob):
        await transact(store._engine, work)
    assert len(calls) == 1
    assert await store.page("ada", limit=9) == []


async def test_no_message_has_what_was_kept(tmp_path: Path, without_patience: None) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db?timeout=0.01")
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as raised:
            await added(store, file_name="private.jpg")
    assert "private" not in f"{raised.value}{raised.value.__cause__!r}{raised.value.__cause__}"
    await store.close()
