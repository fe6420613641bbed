"""What `jobs` knows of objects and their names, imported when it is first asked for.

A server without jobs does not load the client of the object store, and so starts as fast as ever.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.job import Job

if TYPE_CHECKING:
    from jobs.objects import ObjectStore


def photo_key(number: UUID) -> str:
    """The key of a job's photo."""
    from jobs.objects import photo_key

    return photo_key(number)


def reference_key(number: UUID) -> str:
    """The key of the ground truth that came with a job's photo."""
    from jobs.objects import reference_key

    return reference_key(number)


def download_name(client_name: str, suffix: str) -> str:
    """The client's name for its photo, safe for any file system, with this suffix."""
    from jobs.file_names import safe_names

    return safe_names([(client_name, suffix)])[0]


def results_archive(found: Sequence[Job], objects: "ObjectStore") -> AsyncGenerator[bytes, None]:
    """The ZIP of the results of jobs, made while it is sent."""
    from jobs.archive import results_archive

    return results_archive(found, objects)


def attachment(name: str) -> str:
    """The value of `Content-Disposition` for a file of this name."""
    from jobs.objects.presigned import content_disposition

    return content_disposition(name)
