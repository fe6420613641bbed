"""Why there is no result of a job to be had."""

from jobs.job import Job, JobError
from pipeline.errors import PipelineError


class NoResult(PipelineError):
    """The job has no result, and did not fail either."""

    stage = "request"


class JobNotFinished(NoResult):
    """The job may have a result later."""

    code = "job_not_finished"

    def __init__(self, state: str) -> None:
        super().__init__(f"The job is {state}: it has no result yet.")


class BatchNotFinished(NoResult):
    """Some jobs of the batch may have results later."""

    code = "batch_not_finished"

    def __init__(self, left: int, total: int) -> None:
        super().__init__(f"{left} of the batch's {total} jobs {'is' if left == 1 else 'are'} not finished yet.")


class JobWasCancelled(NoResult):
    """The job was cancelled before it had a result."""

    code = "job_cancelled"

    def __init__(self) -> None:
        super().__init__("The job was cancelled: it has no result.")


class PastError(PipelineError):
    """The error of a job that has failed, as it was."""

    def __init__(self, error: JobError) -> None:
        super().__init__(error.message, stage=error.stage)
        self.code = error.code  # type: ignore[misc] # of this one job


def no_result(job: Job) -> PipelineError:
    """What to raise for a job without a result."""
    if job.error is not None:
        return PastError(job.error)
    return JobWasCancelled() if job.is_final else JobNotFinished(job.state)
