"""Threads that photos are done in: what goes wrong in one costs one photo, and the loss of a thread is noticed."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class WorkEnded(Exception):
    """Work raised what should end its thread, such as `SystemExit`."""


class WorkerThreads(ThreadPoolExecutor):
    """A pool of at most `count` threads."""

    def __init__(self, count: int, name: str) -> None:
        self._started: list[threading.Thread] = []
        super().__init__(count, thread_name_prefix=name, initializer=self._note_start)

    @property
    def lost(self) -> bool:
        """Whether one of the threads has ended, though the pool is in use.

        The pool would not start another in its place, and work would wait for it forever.
        """
        return any(not thread.is_alive() for thread in self._started)

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Have `fn` done in one of the threads. Raises `WorkEnded` in the future instead of what would end a thread.

        Otherwise a library that calls `sys.exit` would end the whole server: the event loop passes `SystemExit` on to
        whoever runs it.
        """
        return super().submit(contained, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work. The threads end once theirs is done, and are not lost."""
        self._started = []
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _note_start(self) -> None:
        self._started.append(threading.current_thread())


def contained(work: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """The result of `work`. Raises `WorkEnded` instead of what would end the thread."""
    try:
        return work(*args, **kwargs)
    except Exception:
        raise
    except BaseException as error:
        raise WorkEnded(f"the work raised {error!r}") from error
