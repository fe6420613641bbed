"""What a finished job leaves in the object store: the picture, its preview and the report."""

import asyncio

from app.work.background import WorkedOff
from app.work.document import report_document
from jobs.job import Job, Result
from jobs.keys import result_keys
from jobs.objects import ObjectStore
from pipeline.codec.output_formats import OUTPUT_FORMATS


def result_of(job: Job, done: WorkedOff) -> Result:
    """What is to be known of the result of this attempt."""
    picture, report = done.finished.picture, done.finished.report
    (suffix,) = (info.suffixes[0] for info in OUTPUT_FORMATS.values() if info.media_type == picture.media_type)
    keys = result_keys(job.id, job.attempt, suffix)
    return Result(
        picture_key=keys.picture,
        preview_key=keys.preview,
        report_key=keys.report,
        media_type=picture.media_type,
        picture_bytes=len(picture.data),
        width=report.width,
        height=report.height,
        faces=len(report.faces),
        kept_bytes=sum(map(len, _bodies(done))),
    )


async def write(result: Result, done: WorkedOff, objects: ObjectStore) -> None:
    """Put the objects into the store. Raises `StoreUnavailable`."""
    puts = (objects.put(key, body) for key, body in zip(result.keys, _bodies(done), strict=True))
    for outcome in await asyncio.gather(*puts, return_exceptions=True):  # all have ended when an error is raised
        if isinstance(outcome, BaseException):
            raise outcome


def _bodies(done: WorkedOff) -> tuple[bytes, bytes, bytes]:
    """The objects under the keys of a result."""
    return done.finished.picture.data, done.preview, report_document(done.finished.report)
