"""One transaction, which is tried again where the database did not answer and nothing can happen twice."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from sqlite3 import SQLITE_ERROR
from typing import Any, TypeVar

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from stamina import AsyncRetryingCaller

from jobs.errors import StoreUnavailable

T = TypeVar("T")

WRITES = "writes"  # the execution option of connections that will write

# All tries together take a second beside what the database itself takes, and at most ten.
_TRIES = AsyncRetryingCaller(attempts=5, timeout=10, wait_initial=0.05, wait_max=0.5, wait_jitter=0.05)


async def transact(
    engine: AsyncEngine,
    work: Callable[[AsyncConnection], Awaitable[T]],
    *,
    writes: bool = True,
    is_repeatable: bool = True,
) -> T:
    """Do `work` in a transaction and commit it; an exception of `work` rolls it back.

    Where the connection fails before the commit, nothing has happened, and all is done again. Where it fails at the
    commit, nobody knows what has happened: then only what `is_repeatable` is done again. A caller that is cancelled
    meanwhile is so after the transaction has ended, one way or the other.

    Raises StoreUnavailable if the database does not answer, stays locked or has no space; `may_be_done` where the
    connection failed at a commit.
    """
    may_be_done = False

    # Without arguments, because stamina logs them.
    async def once() -> T:
        nonlocal may_be_done
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITES: writes})
            done = await work(connection)
            try:
                await connection.commit()
            except SQLAlchemyError as error:
                may_be_done |= _is_outage(error) and not _is_said_by_sqlite(error)
                if is_repeatable or not _is_outage(error):
                    raise
                raise _unavailable(may_be_done=may_be_done) from error
            return done

    try:
        return await _TRIES.on(_is_outage)(lambda: _whole(once))
    except SQLAlchemyError as error:
        if _is_outage(error):
            raise _unavailable(may_be_done=may_be_done) from error
        raise


async def _whole(transaction: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do it to its end, even if the caller is cancelled: given up half-way, aiosqlite may leave the database locked."""
    task = asyncio.create_task(transaction())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # the caller waits for none
        raise


def _is_outage(error: Exception) -> bool:
    """Whether the database, and not the statement, is the cause."""
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
        return False  # for example a table that does not exist, which is an OperationalError too
    if isinstance(error, OperationalError | InterfaceError | InternalError | NoFreeConnection):
        return True
    # SQLite says DatabaseError itself of a damaged file.
    return type(error) is DatabaseError or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _is_said_by_sqlite(error: Exception) -> bool:
    """Whether SQLite itself has refused, for example as the disk is full: then nothing was committed."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) is not None


def _unavailable(*, may_be_done: bool) -> StoreUnavailable:
    error = StoreUnavailable("The database of jobs does not answer.")
    error.may_be_done = may_be_done
    return error
