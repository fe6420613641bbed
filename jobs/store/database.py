"""How a call reaches the database: in its turn, watched by the breaker, as one transaction."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from jobs.breakers import StoreBreaker, watched
from jobs.observer import Observer
from jobs.store.transaction import transact
from jobs.store.turn import Turns

T = TypeVar("T")


class Database:
    """The database of jobs, for one process. `observer` is told of calls that it does not answer."""

    def __init__(self, engine: AsyncEngine, observer: Observer) -> None:
        self._engine, self.observer = engine, observer
        self._turns = Turns(engine)
        self.breaker = StoreBreaker() if engine.dialect.name == "postgresql" else None

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        with self.observer.telling("database"), watched(self.breaker):
            return await transact(self._engine, work, writes=False)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]], *, is_repeatable: bool = True) -> T:
        with self.observer.telling("database"):
            async with self._turns.turn():
                with watched(self.breaker):
                    return await transact(self._engine, work, is_repeatable=is_repeatable)
