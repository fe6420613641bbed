"""Work that ends early: because its client left, its deadline passed, or the server stops.

A network cannot be interrupted. So the client is answered at once, while the thread goes on until the next check of its
`Run`, and keeps its slot until then.
"""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

from app.work.errors import ShuttingDown
from pipeline.errors import Cancelled, DeadlineExceeded
from pipeline.run import Run

Result = TypeVar("Result")


class Cancellation:
    """Runs work that may be abandoned. Belongs to one event loop."""

    def __init__(self) -> None:
        self._stopped = asyncio.Event()
        self._work: set[asyncio.Task[Any]] = set()  # asyncio itself keeps only weak references to tasks

    def stop_all(self) -> None:
        """Raise `ShuttingDown` in every `until_unwanted` from now on: the server's grace period ends."""
        self._stopped.set()

    async def until_unwanted(self, work: Coroutine[Any, Any, Result], run: Run, gone: Awaitable[None]) -> Result:
        """The result of `work`. Raises `DeadlineExceeded`, `Cancelled` or `ShuttingDown` as soon as the run's deadline
        passes, its client is `gone`, or the server stops, without waiting for `work` to notice.
        """
        working = asyncio.ensure_future(work)
        self._work.add(working)
        working.add_done_callback(self._work.discard)
        working.add_done_callback(_retrieve_error)
        leaving, stopping = asyncio.ensure_future(gone), asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({working, leaving, stopping}, timeout=run.remaining_s, return_when=FIRST_COMPLETED)
            if working.done():
                return working.result()
            stage = run.latest_stage or "queue"
            if leaving.done():
                raise Cancelled("The client went away before the photo was done.", stage=stage)
            if stopping.done():
                raise ShuttingDown
            raise DeadlineExceeded("The photo took longer than this server allows.", stage=stage)
        finally:
            working.cancel()
            leaving.cancel()
            stopping.cancel()
            # The task holds the error, the error's traceback holds this frame, and the frame would hold the task: a
            # cycle that keeps the photo in memory until the garbage collector runs.
            del working

    async def in_thread(self, threads: Executor, run: Run, work: Callable[[], Result]) -> Result:
        """The result of `work`, done in one of the threads.

        If the awaiting task is cancelled, this cancels the run and waits for the thread to notice, as the caller's
        slot must not be given to another photo while the device is busy. If the server stops, it does not wait:
        no photo comes after, and a device that hangs must not keep the process alive.
        """
        future = asyncio.get_running_loop().run_in_executor(threads, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            run.cancelled.set()
            stopping = asyncio.ensure_future(self._stopped.wait())
            either: set[asyncio.Future[Any]] = {future, stopping}
            while not (future.done() or stopping.done()):
                with suppress(asyncio.CancelledError):  # cancelled once more, as at shutdown
                    await asyncio.wait(either, return_when=FIRST_COMPLETED)
            stopping.cancel()
            future.add_done_callback(_retrieve_error)
            raise
        finally:
            del future  # breaks the same cycle as above


def _retrieve_error(future: asyncio.Future[Any]) -> None:
    """Mark the error of abandoned work as seen, or asyncio logs it as never retrieved."""
    if not future.cancelled():
        future.exception()
