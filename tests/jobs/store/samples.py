"""Jobs and results for tests of the table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from jobs.job import Job, NewJob, Result
from jobs.store.store import JobStore

HOUR = 3600.0
LEASE = 30.0
ATTEMPTS = 3


def new_job(owner: str = "ada", **changes: Any) -> NewJob:
    job_id: UUID = changes.pop("id", None) or uuid7()
    values: dict[str, Any] = {
        "kind": "enhance",
        "file_name": "grandmother.jpg",
        "asked": {"fidelity": 0.5, "background": True},
        "input_key": f"jobs/{job_id}/photo",
    }
    return NewJob(id=job_id, owner=owner, **(values | changes))


def result_of(job: NewJob, attempt: int = 1) -> Result:
    made = [f"jobs/{job.id}/{attempt}/{name}" for name in ("result.png", "preview.webp", "report.json")]
    return Result(*made, media_type="image/png", picture_bytes=1000, width=640, height=480, faces=2)


async def added(store: JobStore, owner: str = "ada", **changes: Any) -> Job:
    return (await store.add(new_job(owner, **changes), keep_s=HOUR))[0]


async def begun(store: JobStore, owner: str = "ada", *, lease_s: float = LEASE, **changes: Any) -> Job:
    """A job that was added and claimed."""
    job = await added(store, owner, **changes)
    claimed = await store.claim(lease_s, job_id=job.id, max_attempts=ATTEMPTS)
    assert claimed is not None
    return claimed
