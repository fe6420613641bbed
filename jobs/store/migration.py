"""Brings the tables to the form that this version needs. Of processes that start together one does it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.errors import StoreUnavailable

_SCRIPTS = Path(__file__).with_name("migrations")
_LOCK = 0x6C696B656E657373  # "likeness": PostgreSQL knows its advisory locks by numbers


async def migrate(connection: AsyncConnection) -> None:
    """Run what is missing of `migrations/versions`, in the connection's transaction: all of it or nothing.

    Raises StoreUnavailable if a newer version has made the tables.
    """
    # Begun before Alembic looks: else it takes a transaction for each step, and reads what is missing before its lock.
    await connection.begin()
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    # In SQLite the transaction itself is the lock, because it was begun to write.
    await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable("The database of jobs was made by a newer version of Likeness.") from error
