"""Jobs for tests of what is done with finished ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from jobs.job import Job, JobError, Result
from jobs.keys import photo_key, result_keys


def job(file_name: str, **changes: Any) -> Job:
    made: UUID = uuid7()
    values: dict[str, Any] = {
        "id": made,
        "owner": "",
        "kind": "enhance",
        "file_name": file_name,
        "asked": {},
        "input_key": photo_key(made),
    }
    return Job(**values | changes)


def finished(file_name: str, suffix: str = ".png", **changes: Any) -> Job:
    queued = job(file_name)
    keys = result_keys(queued.id, 1, suffix)
    result = Result(keys.picture, keys.preview, keys.report, "image/png", 5, 640, 480, 2)
    values: dict[str, Any] = {
        "state": "succeeded",
        "attempt": 1,
        "result": result,
        "started_at": 10.0,
        "finished_at": 12.34,
    }
    return job(file_name, **{"id": queued.id, "input_key": queued.input_key} | values | changes)


def failed(file_name: str, message: str) -> Job:
    return job(
        file_name, state="failed", error=JobError(message, "decode", "broken_image"), started_at=1.0, finished_at=2.0
    )
