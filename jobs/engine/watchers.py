"""Who waits for news of which job in this process."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from jobs.engine.looks import Looks
from jobs.errors import UnknownJob
from jobs.job import Job
from jobs.store.store import JobStore


class Watchers:
    """Those that watch jobs. Belongs to one event loop.

    `pause_s` gives the seconds after which a watched job is looked at though nobody has told of a change.
    """

    def __init__(self, store: JobStore, pause_s: Callable[[], float]) -> None:
        self._store, self._pause_s = store, pause_s
        self._looks: dict[tuple[UUID, str], Looks] = {}
        self._ended = False

    @property
    def watched(self) -> frozenset[UUID]:
        """The jobs that somebody watches."""
        return frozenset(job_id for job_id, _ in self._looks)

    async def watch(self, job_id: UUID, owner: str) -> AsyncGenerator[Job, None]:
        """See `Engine.watch`."""
        with self._watching(job_id, owner) as looks:
            number = looks.begun
            job = await self._store.get(job_id, owner)
            while True:
                yield job
                if job.is_final:
                    return
                told = _told(job)
                while _told(job) == told:
                    if self._ended:
                        return
                    try:
                        number, job = await looks.after(number)
                    except UnknownJob:
                        return

    def tell(self, job_id: UUID) -> None:
        """The job has changed."""
        for (watched, _), looks in self._looks.items():
            if watched == job_id:
                looks.hurry()

    def tell_all(self) -> None:
        """Any job may have changed."""
        for looks in self._looks.values():
            looks.hurry()

    def end(self) -> None:
        """There is no more news in this process."""
        self._ended = True
        self.tell_all()

    @contextmanager
    def _watching(self, job_id: UUID, owner: str) -> Iterator[Looks]:
        """The looks at this job that all share who watch it."""
        key = job_id, owner
        looks = self._looks.get(key)
        if looks is None:
            looks = self._looks[key] = Looks(lambda: self._store.get(job_id, owner), self._pause_s)
        looks.watchers += 1
        try:
            yield looks
        finally:
            looks.watchers -= 1
            if not looks.watchers:
                del self._looks[key]
                looks.end()


def _told(job: Job) -> tuple[object, ...]:
    """What a watcher is told of."""
    return job.state, job.attempt, job.stage, job.fraction, job.is_cancelling
