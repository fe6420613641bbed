"""What can go wrong with jobs, as sentences for a person."""

from pipeline.errors import PipelineError


class UnknownJob(PipelineError):
    """There is no such job or batch, or it belongs to somebody else: a client cannot tell which."""

    code = "unknown_job"
    stage = "request"


class LeaseLost(PipelineError):
    """Another worker has begun the job anew, or it is over: what this attempt has made counts no more."""

    code = "lease_lost"


class IdempotencyMismatch(PipelineError):
    """The client used an idempotency key again, for another request."""

    code = "idempotency_mismatch"
    stage = "request"


class StoreUnavailable(PipelineError):
    """The database or the object store does not answer. `may_be_done`: perhaps only its answer was lost."""

    code = "store_unavailable"
    stage = "store"
    may_be_done = False


class CleanupRunning(PipelineError):
    """What has expired is being removed already."""

    code = "cleanup_running"
    stage = "request"


class JobsOff(PipelineError):
    """This server keeps no jobs."""

    code = "jobs_off"
    stage = "request"


class OrderUnreadable(PipelineError):
    """What is stored of a job is not understood: another version of this service has written it."""

    code = "order_unreadable"


class PlaceUnusable(PipelineError):
    """The place that is set for the data of jobs cannot be used. The message names the setting."""

    code = "place_unusable"


class QuotaExceeded(PipelineError):
    """The owner has as much as one may have. `retry_after`: the seconds after which it fits; None: not known."""

    code = "quota_exceeded"
    stage = "quota"

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
