"""The ZIP of a batch's results, made while it is downloaded: it never exists as a whole."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from zipstream import ZIP_STORED, ZipStream

from jobs.batch_report import Row, as_csv, as_json, row_of
from jobs.file_names import safe_names
from jobs.job import Job
from jobs.objects import ObjectMissing, ObjectStore, ObjectTooLarge

CSV_NAME, JSON_NAME = "report.csv", "report.json"
REPORT_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of an archive: its name there, how many bytes it has, and these."""

    name: str
    size: int
    chunks: AsyncIterator[bytes]


async def zipped(files: AsyncIterator[ArchiveFile]) -> AsyncGenerator[bytes, None]:
    """A ZIP of the files, in their order, stored as they are: pictures are compressed already.

    At most one chunk is held. What the files raise is raised, and so is `ValueError` for a file that has other than
    `size` bytes: the download then ends early, and the client sees that the archive is not whole.
    """
    archive = ZipStream(compress_type=ZIP_STORED)
    async for file in files:
        waiting: deque[bytes | None] = deque()
        archive.add(_pulled(waiting), file.name, size=file.size)
        written = 0
        for piece in archive.file():
            if piece:
                yield piece
            if not waiting:  # zipstream is not asynchronous: what it will ask for next has to be there
                chunk = await anext(file.chunks, None)
                written += len(chunk or b"")
                waiting.append(chunk)
        if written != file.size:
            raise ValueError(f"A file of the archive has {written} bytes instead of {file.size}.")
    for piece in archive.footer():
        yield piece


def _pulled(waiting: deque[bytes | None]) -> Iterator[bytes]:
    while True:
        chunk = waiting.popleft() if waiting else b""
        if chunk is None:
            return
        yield chunk


def results_archive(jobs: Sequence[Job], objects: ObjectStore) -> AsyncGenerator[bytes, None]:
    """The results of those jobs that have one, under their clients' names, and the report about all jobs at the end.

    A result that is no longer there is left out, with a sentence in the report. Raises `StoreUnavailable`, and
    `ObjectMissing` for one that goes while it is sent.
    """
    return zipped(_files(jobs, objects))


async def _files(jobs: Sequence[Job], objects: ObjectStore) -> AsyncIterator[ArchiveFile]:
    done = [job for job in jobs if job.result is not None]
    wanted = [(job.file_name, job.result.suffix) for job in done if job.result is not None]
    names = dict(zip((job.id for job in done), safe_names(wanted, (CSV_NAME, JSON_NAME)), strict=True))
    rows: list[Row] = []
    for job in jobs:
        if job.result is None:
            rows.append(row_of(job, result=None, report=None))
            continue
        try:
            picture = await objects.stream(job.result.picture_key)
        except ObjectMissing:
            rows.append(row_of(job, result=None, report=None, error="The result is no longer there."))
            continue
        name = names[job.id]
        rows.append(row_of(job, result=name, report=await _report(objects, job.result.report_key)))
        yield ArchiveFile(name, picture.size, picture.chunks)
    for name, body in ((CSV_NAME, as_csv(rows)), (JSON_NAME, as_json(rows))):
        yield ArchiveFile(name, len(body), _one(body))


async def _report(objects: ObjectStore, key: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(await objects.read(key, max_bytes=REPORT_BYTES))
    except (ObjectMissing, ObjectTooLarge, orjson.JSONDecodeError):
        return None
    data = found.get("data") if isinstance(found, dict) else None
    return data if isinstance(data, dict) else None


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body
