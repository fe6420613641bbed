"""Stored files become the jobs of a batch, all of them or none."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from app.http.jobs.route import Jobs
from app.http.jobs.stored_part import StoredFile
from app.http.jobs.submission import new_job
from app.work.order import Order
from jobs.job import JobError
from pipeline.errors import PipelineError


async def submit_batch(
    order: Order, files: Sequence[StoredFile], owner: str, jobs: Jobs, webhook_url: str | None = None
) -> UUID:
    """The id of a new batch with a job for each file. A file with a `fault` is a job that has failed with it.
    The batch's end is told to `webhook_url`.

    Raises `StoreUnavailable`; then there is no batch.
    """
    number = uuid7()
    await jobs.store.add_batch(number, owner, keep_s=jobs.keep_s, webhook_url=webhook_url)
    added = []
    try:
        for file in files:
            job = new_job(file.number, order, owner, file.filename or "", batch=number)
            error = None if file.fault is None else _error(file.fault)
            _ = await jobs.store.add(job, keep_s=jobs.keep_s, error=error)
            if error is None:
                added.append(job)
        if webhook_url is not None:
            await jobs.store.seal_batch(number)
    except BaseException:
        await jobs.store.delete_batch(number, owner)
        raise
    jobs.engine.added(added)
    return number


def _error(fault: PipelineError) -> JobError:
    return JobError(fault.message, fault.stage or "upload", fault.code)
