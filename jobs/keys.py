"""The names of objects. They are made here from the job's id, and never from anything that a client sends."""

import re
from typing import NamedTuple
from uuid import UUID

UUID_FORM = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
KEY = re.compile(rf"jobs/({UUID_FORM})(?:/[0-9]{{1,9}})?/[a-z]{{1,16}}(?:\.[a-z0-9]{{1,8}})?", re.ASCII)


class ResultKeys(NamedTuple):
    """Where one attempt of a job writes what it makes."""

    picture: str
    preview: str
    report: str


def photo_key(job_id: UUID) -> str:
    """Of the photo that a job is about."""
    return f"jobs/{job_id}/photo"


def reference_key(job_id: UUID) -> str:
    """Of the ground truth that came with the photo."""
    return f"jobs/{job_id}/reference"


def result_keys(job_id: UUID, attempt: int, suffix: str) -> ResultKeys:
    """Of what an attempt makes, the picture as `suffix`, ".png" or "png".

    Each attempt has names of its own: an attempt that counts no more cannot overwrite what a later one has made.
    """
    folder = f"jobs/{job_id}/{attempt}"
    picture = checked(f"{folder}/result.{suffix.removeprefix('.')}")
    return ResultKeys(picture, f"{folder}/preview.webp", f"{folder}/report.json")


def checked(key: str) -> str:
    """The key itself. Raises `ValueError` for one that is not of this module's form: a fault of the program."""
    if KEY.fullmatch(key) is None:
        raise ValueError(f"{key!r} is no key of an object.")
    return key


def job_of(key: str) -> UUID | None:
    """The job that an object belongs to; None for a name that is not of this module's form."""
    match = KEY.fullmatch(key)
    return None if match is None else UUID(match[1])
