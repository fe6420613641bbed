"""Rows of the table of jobs, as jobs and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sqlalchemy import Row

from jobs.job import Job, JobError, NewJob, Result
from jobs.store.clock import now

Part = TypeVar("Part", Result, JobError)

_NEW = tuple(field.name for field in fields(NewJob))


def row_of(job: NewJob, keep_s: float, error: JobError | None) -> dict[str, Any]:
    """The values of the row of a job that was just submitted, or failed at once, and is kept for `keep_s` seconds."""
    given = {name: getattr(job, name) for name in _NEW}
    return given | {
        "asked": dict(job.asked),
        "file_name": _storable(job.file_name),
        "state": "queued" if error is None else "failed",
        "error": None if error is None else written(error),
        "finished_at": None if error is None else now(),
        "attempt": 0,
        "releases": 0,
        "is_cancelling": False,
        "fraction": 0.0,
        "timings_ms": {},
        "created_at": now(),
        "expires_at": now() + keep_s,
    }


def job_of(row: Row[Any]) -> Job:
    """The job that a row describes. The row has all columns of the table."""
    values = dict(row._mapping)
    values["fraction"] = float(values["fraction"])  # SQLite returns 0 of an update that says 0.0
    values["result"] = _read(Result, values["result"])
    values["error"] = _read(JobError, values["error"])
    return Job(**values)


def readable(text: str) -> dict[str, Any]:
    """The JSON object in a text; an empty one for damaged text, because one such row must not hinder all others."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def written(part: Result | JobError) -> dict[str, Any]:
    """A result or an error as JSON."""
    texts = asdict(part)
    return {name: _storable(value) if isinstance(value, str) else value for name, value in texts.items()}


def _read(kind: type[Part], stored: Any) -> Part | None:
    """A part of a row, without what only a newer version knows; None where it is damaged."""
    if not isinstance(stored, Mapping):
        return None
    try:
        return kind(**{name: stored[name] for name in (field.name for field in fields(kind)) if name in stored})
    except TypeError:
        return None


def _storable(text: str) -> str:
    """PostgreSQL refuses NUL, and no database takes half a surrogate pair; a client's file name may have both."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
