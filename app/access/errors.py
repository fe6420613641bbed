"""Why a client is turned away."""

from app.access.quota import Allowance
from pipeline.errors import PipelineError


class Unauthorized(PipelineError):
    """The client sent no API key, or one that is not known."""

    code = "unauthorized"

    def __init__(self, message: str) -> None:
        super().__init__(message, stage="keys")


class RateLimited(PipelineError):
    """The client has used up its rate. It has more in `retry_after` seconds."""

    code = "rate_limited"

    def __init__(self, allowance: Allowance) -> None:
        seconds = "second" if allowance.reset_s == 1 else "seconds"
        super().__init__(
            f"That is more than this server takes from one client. Try again in {allowance.reset_s} {seconds}.",
            stage="quota",
        )
        self.allowance = allowance
        self.retry_after = allowance.reset_s
