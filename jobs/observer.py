"""Who is told of what happens to jobs, for metrics, logs and traces, which `jobs` does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from jobs.errors import StoreUnavailable

if TYPE_CHECKING:
    from jobs.census import Census
    from jobs.job import Job
    from pipeline.run import Run

Place = Literal["database", "objects", "broker"]


class Observer:
    """Is told in the process in which it happens. This one does nothing.

    Methods return at once and raise nothing. They are called in the event loop, after the transaction is committed;
    `unavailable` by any thread.
    """

    def began(self, job: Job) -> None:
        """An attempt at the job has begun."""

    def lease_lost(self, job: Job) -> None:
        """The lease of an attempt has ended before its work: its worker was killed, or reached no database for long."""

    def attempted(self, job: Job, run: Run, began_ns: int, code: str | None) -> None:
        """An attempt is over, however it went. `job` is as when it began, `began_ns` in nanoseconds since 1970.

        `run` has the stages that were done; `code` is of the error that ended the attempt.
        """

    def ended(self, job: Job) -> None:
        """The job has come to its end: it has a result, has failed, or is cancelled."""

    def swept(self, jobs: int, orphans: int) -> None:
        """A sweep has removed so many expired jobs, and objects that belonged to none."""

    def counted(self, census: Census) -> None:
        """The jobs were counted."""

    def unavailable(self, place: Place) -> None:
        """A call to the database, the object store or the broker has failed, after its repetitions."""

    @contextmanager
    def telling(self, place: Place) -> Iterator[None]:
        """Tell of each `StoreUnavailable` that leaves the block."""
        try:
            yield
        except StoreUnavailable:
            self.unavailable(place)
            raise


SILENT = Observer()
