"""Whose turn it is to write: SQLite has one writer at a time, and who waits for its lock is often overtaken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from sqlalchemy.ext.asyncio import AsyncEngine

from jobs.errors import StoreUnavailable

_WAIT_S = 10.0


class Turns:
    """Lets the tasks of this process write to SQLite one after the other, in order; PostgreSQL needs no such thing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._lock = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    def turn(self) -> AbstractAsyncContextManager[None]:
        """A context that is this task's turn. Raises StoreUnavailable if it does not come within 10 s."""
        return nullcontext() if self._lock is None else self._held(self._lock)

    @asynccontextmanager
    async def _held(self, lock: asyncio.Lock) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_WAIT_S):
                await lock.acquire()
        except TimeoutError as error:
            raise StoreUnavailable("The database of jobs is busy.") from error
        try:
            yield
        finally:
            lock.release()
