"""The threads that networks run in: work that somebody waits for goes first, even between the parts of other work."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

from app.work.threads import WorkerThreads, contained

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class DeviceThreads(WorkerThreads):
    """A pool of at most `count` threads with two lines: what is submitted here goes before what is submitted `behind`.

    Work from behind that has begun calls `make_way` between its parts. That does, in the same thread, what has come
    meanwhile. Another thread must not do it: each thread that ran a network keeps a team of threads for OpenMP.
    """

    def __init__(self, count: int, name: str) -> None:
        super().__init__(count, name)
        self._first: deque[_Piece[Any]] = deque()
        self._last: deque[_Piece[Any]] = deque()
        self.behind: Executor = _Behind(self)

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Have `fn` done before all work from behind. Raises as `WorkerThreads.submit` does."""
        return self._add(self._first, partial(fn, *args, **kwargs))

    def submit_behind(self, work: Callable[[], Result]) -> Future[Result]:
        """Have `work` done once nothing else waits. Raises as `WorkerThreads.submit` does."""
        return self._add(self._last, work)

    def make_way(self) -> float:
        """Do what was submitted to go first and waits; the seconds that it took. Its errors are in its futures.

        In any other thread than one of these it does nothing.
        """
        if not self._first or threading.current_thread() not in self._started:
            return 0.0
        started = time.perf_counter()
        while (piece := _taken(self._first)) is not None:
            piece.do()
        return time.perf_counter() - started

    def _add(self, line: "deque[_Piece[Any]]", work: Callable[[], Result]) -> Future[Result]:
        piece = _Piece(work)
        line.append(piece)
        try:
            super().submit(self._do_next)
        except RuntimeError:  # the pool was shut down
            piece.future.cancel()
            raise
        return piece.future

    def _do_next(self) -> None:
        """There is one call for each piece of work, but a piece may be gone: `make_way` has done it."""
        piece = _taken(self._first) or _taken(self._last)
        if piece is not None:
            piece.do()
        del piece  # the traceback of an error holds this frame, which would hold the future, which holds the error


class _Piece(Generic[Result]):
    """Work, and the future of its result."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work: Callable[[], Result] | None = work
        self.future: Future[Result] = Future()

    def do(self) -> None:
        work, self._work = self._work, None  # what the work holds ends with it
        if work is None or not self.future.set_running_or_notify_cancel():
            return
        try:
            result = contained(work)
        except BaseException as error:
            self.future.set_exception(error)
            del self  # the future holds the error, whose traceback holds this frame: a cycle
        else:
            self.future.set_result(result)


class _Behind(Executor):
    """The line behind, as an executor."""

    def __init__(self, threads: DeviceThreads) -> None:
        self._threads = threads

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        return self._threads.submit_behind(partial(fn, *args, **kwargs))


def _taken(line: "deque[_Piece[Any]]") -> "_Piece[Any] | None":
    try:
        return line.popleft()
    except IndexError:
        return None
