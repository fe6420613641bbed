"""Jobs and batches as the server shows them. Names and meanings are the API's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]
OVER: frozenset[str] = frozenset({"succeeded", "failed", "cancelled", "expired"})


@dataclass(frozen=True)
class JobError:
    """Why a job failed: the error that `enhance` would have raised."""

    error: str
    stage: str
    code: str
    status: int


@dataclass(frozen=True)
class JobResult:
    """The picture that a job has made. `bytes` is the size of its file."""

    media_type: str
    bytes: int
    width: int
    height: int
    faces: int


@dataclass(frozen=True)
class Job:
    """A job as it was when the server was asked. `fraction` (0 to 1) is of its present `stage`.

    `position`: jobs that begin before it; None unless it is queued, and in lists.
    """

    id: str
    kind: str
    state: State
    file_name: str
    batch: str | None
    position: int | None
    stage: str | None
    fraction: float
    attempt: int
    cancelling: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    timings_ms: dict[str, float]
    result: JobResult | None
    error: JobError | None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.state in OVER


@dataclass(frozen=True)
class Batch:
    """Jobs that were submitted together, in the order of submission. `counts`: how many are in which state."""

    id: str
    created_at: datetime
    expires_at: datetime
    counts: Mapping[State, int]
    jobs: tuple[Job, ...]

    @property
    def is_over(self) -> bool:
        """Whether none of its jobs waits or is at work."""
        return all(state in OVER for state, count in self.counts.items() if count)


@dataclass(frozen=True)
class JobPage:
    """Some jobs; `next` is the path of the following page."""

    jobs: tuple[Job, ...]
    next: str | None
