"""Rows of the table of jobs → what the API shows of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.http.errors import status_of_code
from app.http.schemas.jobs import BatchLinks, BatchOut, JobErrorOut, JobLinks, JobOut, JobResultOut, WebhookOut
from jobs.job import FINAL, Batch, Job
from jobs.webhooks.webhook import Webhook

JOBS, BATCHES = "/api/v1/jobs", "/api/v1/batches"


def job_out(job: Job, position: int | None = None, webhook: Webhook | None = None) -> JobOut:
    """A job; `position`: the number of jobs that begin before it, None unless it is queued and that is asked for."""
    made, failed = job.result, job.error
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        file_name=job.file_name,
        batch=job.batch,
        position=position,
        stage=job.stage,
        fraction=job.fraction,
        attempt=job.attempt,
        cancelling=job.is_cancelling and not job.is_final,
        created_at=_time(job.created_at),
        started_at=None if job.started_at is None else _time(job.started_at),
        finished_at=None if job.finished_at is None else _time(job.finished_at),
        expires_at=_time(job.expires_at),
        timings_ms=dict(job.timings_ms),
        result=None
        if made is None
        else JobResultOut(
            media_type=made.media_type,
            bytes=made.picture_bytes,
            width=made.width,
            height=made.height,
            faces=made.faces,
        ),
        error=None
        if failed is None
        else JobErrorOut(
            error=failed.message, stage=failed.stage, code=failed.code, status=status_of_code(failed.code)
        ),
        webhook=_webhook(webhook),
        links=_links(job),
    )


def batch_out(batch: Batch, jobs: Sequence[Job], webhook: Webhook | None = None) -> BatchOut:
    """A batch with its jobs."""
    path, is_final = f"{BATCHES}/{batch.id}", is_finished(batch)
    return BatchOut(
        id=batch.id,
        created_at=_time(batch.created_at),
        expires_at=_time(batch.expires_at),
        counts={state: count for state, count in batch.counts.items() if count},
        jobs=[job_out(job) for job in jobs],
        webhook=_webhook(webhook),
        links=BatchLinks(
            self=path,
            cancel=None if is_final else f"{path}/cancel",
            results=f"{path}/results.zip" if is_final else None,
        ),
    )


def is_finished(batch: Batch) -> bool:
    """Whether none of its jobs will change any more."""
    return all(state in FINAL for state, count in batch.counts.items() if count)


def _links(job: Job) -> JobLinks:
    path, has_result = f"{JOBS}/{job.id}", job.result is not None
    return JobLinks(
        self=path,
        cancel=None if job.is_final else f"{path}/cancel",
        result=f"{path}/result" if has_result else None,
        preview=f"{path}/preview" if has_result else None,
        report=f"{path}/report" if has_result else None,
    )


def _webhook(webhook: Webhook | None) -> WebhookOut | None:
    if webhook is None:
        return None
    return WebhookOut(state=webhook.state, attempts=webhook.attempts, last_status=webhook.last_status)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
