"""What begins jobs, as the rest of Likeness uses it: the serving process itself, or workers behind a broker."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.job import Job, NewJob


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker that gives signs of life: the queues that it listens to and the job that it does, if any.

    `since`: when it began this job, or to wait, in seconds since 1970 by its own clock.
    """

    name: str
    queues: tuple[str, ...]
    job: UUID | None
    since: float


@dataclass(frozen=True, slots=True)
class EngineState:
    """`queues`: the messages in each queue of the broker; None without a broker, or where it does not answer."""

    queues: Mapping[str, int] | None
    workers: Sequence[WorkerState]


class Engine(Protocol):
    """Begins jobs and tells what happens to them. Belongs to one event loop."""

    def start(self) -> None:
        """Begin to work."""

    async def stop(self) -> None:
        """End in order: jobs that this process works on go back into the queue."""

    def added(self, jobs: Sequence[Job | NewJob]) -> None:
        """These jobs are in the table now. It never waits and never raises: what it misses is found later."""

    def changed(self, job_id: UUID) -> None:
        """The job was changed in this process: who watches it looks at it now."""

    def watch(self, job_id: UUID, owner: str) -> AsyncGenerator[Job, None]:
        """The job now, and again after each change of its state, stage or progress, until it is final.

        It ends earlier where the job is deleted or this engine stops. Raises `UnknownJob` at the first look, and
        `StoreUnavailable`.
        """

    async def state(self) -> EngineState:
        """The queues and the workers. It takes half a second at most, and never raises."""
