"""What a client asks for as `webhook_url`, and what is told there about a job or a batch."""

from typing import Any

from app.http.jobs.document import batch_out, job_out
from app.settings import Settings
from app.sources.target import WEBHOOK_URL, parse_target
from app.work.errors import BadParameter
from jobs.job import Batch, Job

# The name may tell who is in the photo. The others are not known of a job that is over, or stand beside it.
_NOT_OF_JOB = {"file_name", "position", "cancelling", "webhook"}
_NOT_OF_BATCH = {"jobs", "webhook"}


def webhook_of(form: Any, settings: Settings) -> str | None:
    """Where the end is to be told; None where that is not asked for. Raises `BadParameter` and `UrlRefused`.

    What its host resolves to is checked when the message is sent.
    """
    url: str = (form.webhook_url or "").strip()
    if not url:
        return None
    if not settings.webhook_secret:
        raise BadParameter("webhook_url is off on this server (LIKENESS_WEBHOOK_SECRET).")
    _ = parse_target(url, settings.webhook_hosts, WEBHOOK_URL)
    return url


def described(subject: Job | Batch) -> dict[str, Any]:
    """The `data` of a message about a job or a batch that has ended."""
    if isinstance(subject, Batch):
        return batch_out(subject, ()).model_dump(mode="json", exclude=_NOT_OF_BATCH)
    return job_out(subject).model_dump(mode="json", exclude=_NOT_OF_JOB)
