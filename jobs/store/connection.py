"""Connections to SQLite and to PostgreSQL."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from jobs.errors import StoreUnavailable
from jobs.store.rows import readable
from jobs.store.transaction import WRITES

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

_WAIT_S = 10.0  # for a connection from the pool
_SQLITE = {"timeout": 5.0}  # how long a transaction waits while another one writes
# A host that has vanished is noticed after 10 s and not after the kernel's two hours.
_POSTGRESQL = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 10_000}


def engine_for(url: str) -> AsyncEngine:
    """An engine for `sqlite:///path` or `postgresql://user:password@host/name`; it connects when it is first used.

    What the URL's query says of the connection (`?timeout=1`) counts more than what is set here. Messages of errors
    have no parameters, because file names are among them.

    Raises ValueError for another URL, StoreUnavailable if SQLite's file cannot be made.
    """
    try:
        given = make_url(url)
    except ArgumentError:
        raise ValueError("The URL of the database cannot be read.") from None
    kind = given.get_backend_name()
    if kind not in _DRIVERS:
        raise ValueError(f"Jobs are kept in sqlite or postgresql, not in {kind}.")
    address = given.set(drivername=_DRIVERS[kind])
    return _sqlite(address) if kind == "sqlite" else _postgresql(address)


def inserting(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what is to be done `on_conflict`, which both databases have with the same words."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


def _postgresql(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        connect_args=_defaults(url, _POSTGRESQL),
        hide_parameters=True,
        isolation_level="READ COMMITTED",  # whatever the database's default: who waits for a lock sees what came before
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=_WAIT_S,
    )


def _sqlite(url: URL) -> AsyncEngine:
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        _make_private(Path(str(url.database)))
    engine = create_async_engine(
        url,
        # The driver begins no transactions: `_begin` does.
        connect_args=_defaults(url, _SQLITE) | {"isolation_level": None},
        hide_parameters=True,
        json_deserializer=readable,  # PostgreSQL itself takes no JSON that cannot be read
        poolclass=AsyncAdaptedQueuePool,
        # A database in memory is its one connection.
        pool_size=1 if in_memory else 4,
        max_overflow=0,
        pool_timeout=_WAIT_S,
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_private(file: Path) -> None:
    """Make the file before SQLite does, because names of photos are in it: only this user may read it."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreUnavailable(f"The database of jobs cannot be made: {error.strerror}.") from error


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # Readers and the writer do not wait for each other. FULL: what was answered survives a power cut.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then writes would fail if another one has written in between.
    writes = connection.get_execution_options().get(WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _defaults(url: URL, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in url.query}
