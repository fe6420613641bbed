"""An order becomes a job: its files go to the object store, then its row into the table, then the engine is told."""

import asyncio
import hashlib
import re
from dataclasses import replace
from uuid import UUID

from starlette.datastructures import Headers
from uuid_utils.compat import uuid7

from app.http.jobs.removal import remove_objects
from app.http.jobs.route import Jobs
from app.observe.tracing import traceparent
from app.work.errors import BadParameter
from app.work.fingerprint import fingerprint
from app.work.order import Order
from jobs.errors import StoreUnavailable
from jobs.job import Job, NewJob
from jobs.keys import photo_key, reference_key
from jobs.run import payload

MAX_FILE_NAME = 255  # characters that are kept of the client's name

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def submit(
    order: Order, owner: str, file_name: str, idempotency_key: str | None, jobs: Jobs, webhook_url: str | None = None
) -> Job:
    """The job that does this order; an earlier one where the same was asked for under the same (hashed) key.

    Its end is told to `webhook_url`.

    Raises `IdempotencyMismatch`, `QuotaExceeded` and `StoreUnavailable`. The sweeper removes objects without a row,
    which are left where the request is ended or the table does not say whether it has taken the job.
    """
    number = uuid7()
    job = new_job(number, order, owner, file_name)
    if idempotency_key is not None:
        # Of the request, whoever answers it: in the place of the maker stands what else it asks for.
        digest = await asyncio.to_thread(fingerprint, order, "", (webhook_url or "").encode())
        job = replace(job, idempotency_key=idempotency_key, asked_hash=digest)
    written = [key for key in (job.input_key, job.reference_key) if key is not None]
    try:
        await jobs.objects.put(job.input_key, order.file)
        if job.reference_key is not None and order.reference is not None:
            await jobs.objects.put(job.reference_key, order.reference)
        added, is_new = await jobs.store.add(job, keep_s=jobs.keep_s, webhook_url=webhook_url)
    except Exception as error:
        if not may_be_done(error):
            await remove_objects(written, jobs)
        raise
    if is_new:
        jobs.engine.added((added,))
    else:
        await remove_objects(written, jobs)
    return added


def may_be_done(error: Exception) -> bool:
    """Whether there may be a row in spite of this error: then its photo must stay, or the job would fail."""
    return isinstance(error, StoreUnavailable) and error.may_be_done


def new_job(
    number: UUID, order: Order, owner: str, file_name: str, batch: UUID | None = None, kept_bytes: int | None = None
) -> NewJob:
    """The row of an order. `kept_bytes`: of its files, where the order does not have them."""
    own_bytes = len(order.file) + len(order.reference or b"")
    return NewJob(
        id=number,
        owner=owner,
        kind=order.task,
        file_name=file_name[:MAX_FILE_NAME],
        asked=payload.dump(order, traceparent()),
        input_key=photo_key(number),
        reference_key=None if order.reference is None else reference_key(number),
        batch=batch,
        kept_bytes=own_bytes if kept_bytes is None else kept_bytes,
    )


def idempotency_key_of(headers: Headers) -> str | None:
    """The client's name for this one request, hashed, under which it may be sent again. Raises `BadParameter`."""
    given = headers.get("idempotency-key")
    if given is not None and _KEY.fullmatch(given) is None:
        raise BadParameter("Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID.")
    return None if given is None else hashlib.sha256(given.encode()).hexdigest()
