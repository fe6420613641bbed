"""Stored files become the jobs of a batch, all of them or none."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from app.http.jobs.removal import remove_objects
from app.http.jobs.route import Jobs
from app.http.jobs.stored_part import StoredFile
from app.http.jobs.submission import may_be_done, new_job
from app.work.fingerprint import fingerprint
from app.work.order import Order
from jobs.job import IdempotencyKey, JobError, NewJob
from pipeline.errors import PipelineError


async def submit_batch(
    order: Order,
    files: Sequence[StoredFile],
    owner: str,
    hashed_key: str | None,
    jobs: Jobs,
    webhook_url: str | None = None,
) -> UUID:
    """The id of a new batch with a job for each file; of an earlier one where the same was asked for under the same
    key, and then the files are deleted. A file with a `fault` is a job that has failed with it.
    The batch's end is told to `webhook_url`.

    Raises `IdempotencyMismatch`, `QuotaExceeded` and `StoreUnavailable`; then there is no new batch, unless the error
    `may_be_done`. A request that is ended meanwhile may have made it too: its files are marked, and the sweeper removes
    those without a row.
    """
    number = uuid7()
    submitted = [_submitted(file, order, owner, number) for file in files]
    _mark(files, may_have_row=True)
    try:
        batch = await jobs.store.add_batch(
            number,
            owner,
            keep_s=jobs.keep_s,
            submitted=submitted,
            webhook_url=webhook_url,
            key=None if hashed_key is None else IdempotencyKey(hashed_key, _asked_hash(order, files, webhook_url)),
        )
    except Exception as error:
        _mark(files, may_have_row=may_be_done(error))
        raise
    if batch.id == number:
        jobs.engine.added([job for job, error in submitted if error is None])
    else:
        await remove_objects([job.input_key for job, _ in submitted], jobs)
    return batch.id


def _asked_hash(order: Order, files: Sequence[StoredFile], webhook_url: str | None) -> str:
    """Of all that was asked for, the bytes of the files included."""
    whole = hashlib.sha256(fingerprint(order, "", (webhook_url or "").encode()).encode())
    for file in files:
        whole.update(file.digest)
    return whole.hexdigest()


def _mark(files: Sequence[StoredFile], *, may_have_row: bool) -> None:
    for file in files:
        file.may_have_row = may_have_row


def _submitted(file: StoredFile, order: Order, owner: str, batch: UUID) -> tuple[NewJob, JobError | None]:
    job = new_job(file.number, order, owner, file.filename or "", batch, kept_bytes=file.kept_bytes)
    return job, None if file.fault is None else _error(file.fault)


def _error(fault: PipelineError) -> JobError:
    return JobError(fault.message, fault.stage or "upload", fault.code)
