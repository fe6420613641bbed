"""What a job is: one photo that is done later, as a row of the table of jobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias
from uuid import UUID

from app.work.order import Task

State: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]

FINAL: frozenset[State] = frozenset({"succeeded", "failed", "cancelled", "expired"})


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: the sentence, the stage and the code of the error, from which HTTP knows the status."""

    message: str
    stage: str
    code: str


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a client submits. Its photo lies in the object store already.

    `id` is a UUID of version 7, so that ids are in order of submission. `owner`: the key's name, `token:` and the
    token's subject, or "" on a server without keys. `file_name` is the client's, for lists and archives only; no object
    is named after it. `asked` is the order without its files, as `jobs.run.payload` writes it. `idempotency_key`: the
    client's, hashed, or None. `asked_hash` belongs to it: a digest of all that was asked for, photo included, which
    tells a repeated request from another one under the same key. `kept_bytes`: of its photo and reference, and later of
    its result too.
    """

    id: UUID
    owner: str
    kind: Task
    file_name: str
    asked: Mapping[str, Any]
    input_key: str
    reference_key: str | None = None
    batch: UUID | None = None
    idempotency_key: str | None = None
    asked_hash: str | None = None
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The client's key, hashed, and a digest of all that was asked for under it, photos included."""

    hashed: str
    asked_hash: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a job has made: keys of the picture, its preview and the report in the object store, and facts of them.

    `kept_bytes`: of the three together.
    """

    picture_key: str
    preview_key: str
    report_key: str
    media_type: str
    picture_bytes: int
    width: int
    height: int
    faces: int
    kept_bytes: int = 0

    @property
    def keys(self) -> tuple[str, str, str]:
        """The keys of its objects."""
        return self.picture_key, self.preview_key, self.report_key

    @property
    def suffix(self) -> str:
        """Of the picture's file, such as ".png"."""
        return PurePosixPath(self.picture_key).suffix


@dataclass(frozen=True, slots=True)
class Job(NewJob):
    """A job as it is now. Times are seconds since 1970 by the database's clock, which all processes share.

    `turn`: its place among the jobs of all owners, who take turns (`jobs.store.turns`).
    `attempt` counts how often the job was begun. It is also the fencing token: who has begun attempt 2 can no longer be
    overwritten by who had begun attempt 1. `releases`: how many attempts were given back and do not count against the
    job, for example at a shutdown. `lease_until`: until when the attempt may go on without a sign of life.
    `is_cancelling`: cancellation was asked for while it runs. `fraction` (0 to 1) is the part of `stage` that is done.
    `started_at`: when the last attempt began.
    """

    state: State = "queued"
    turn: int = 0
    attempt: int = 0
    releases: int = 0
    lease_until: float | None = None
    is_cancelling: bool = False
    stage: str | None = None
    fraction: float = 0.0
    result: Result | None = None
    error: JobError | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    expires_at: float = 0.0

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL

    @property
    def keys(self) -> list[str]:
        """The keys of all objects that belong to the job."""
        made = () if self.result is None else self.result.keys
        return [key for key in (self.input_key, self.reference_key, *made) if key is not None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that were submitted together. `counts`: how many of them are in which state."""

    id: UUID
    owner: str
    created_at: float
    expires_at: float
    counts: Mapping[State, int]


def keys_of(jobs: Iterable[Job]) -> list[str]:
    """The keys of all objects that belong to these jobs."""
    return [key for job in jobs for key in job.keys]
