"""Why a client is turned away."""

from app.access.quota import Allowance
from pipeline.errors import PipelineError


class Unauthorized(PipelineError):
    """The client sent no API key, or one that is not known."""

    code = "unauthorized"
    stage = "keys"


class RateLimited(PipelineError):
    """The client has used up its rate. It has more in `retry_after` seconds."""

    code = "rate_limited"
    stage = "quota"

    def __init__(self, allowance: Allowance) -> None:
        wait = "1 second" if allowance.reset_s == 1 else f"{allowance.reset_s} seconds"
        super().__init__(f"That is more than this server takes from one client. Try again in {wait}.")
        self.allowance, self.retry_after = allowance, allowance.reset_s
