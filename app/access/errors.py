"""Why a client is turned away."""

from app.access.quota import Allowance
from pipeline.errors import PipelineError


class Unauthorized(PipelineError):
    """The client sent no API key, or one that is not known."""

    code = "unauthorized"
    stage = "keys"


class NotAnOperator(PipelineError):
    """Only an operator may ask for this."""

    code = "not_an_operator"
    stage = "keys"

    def __init__(self) -> None:
        super().__init__(
            "Only operators may do this: LIKENESS_OPERATORS names their API keys. Without keys nobody is one."
        )


class RateLimited(PipelineError):
    """The client has used up its rate. It has more in `retry_after` seconds."""

    code = "rate_limited"
    stage = "quota"

    def __init__(self, allowance: Allowance) -> None:
        wait = "1 second" if allowance.reset_s == 1 else f"{allowance.reset_s} seconds"
        super().__init__(f"That is more than this server takes from one client. Try again in {wait}.")
        self.allowance, self.retry_after = allowance, allowance.reset_s


class MalformedHost(PipelineError):
    """The request does not have exactly one well-formed Host header."""

    code = "malformed_host"
    stage = "request"

    def __init__(self) -> None:
        super().__init__("A request needs exactly one Host header: a host name or an IP address, and perhaps a port.")


class UnknownHost(PipelineError):
    """The Host header names a host that this server does not answer for."""

    code = "unknown_host"
    stage = "request"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"This server does not answer for the host {host}. Beside localhost and IP addresses it answers for the"
            " hosts in its setting LIKENESS_HOSTS."
        )


class ForeignOrigin(PipelineError):
    """A page of another origin wants to change something."""

    code = "foreign_origin"
    stage = "request"

    def __init__(self) -> None:
        super().__init__(
            "A page of another origin may not send this request. The setting LIKENESS_CORS_ORIGINS names the origins"
            " whose pages may; a proxy must pass the Host header on unchanged, with its port."
        )


class TokensUnverifiable(PipelineError):
    """The keys that tokens are signed with cannot be had now, so nobody can say whether this token is a good one."""

    code = "tokens_unverifiable"
    stage = "keys"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Tokens cannot be checked now, because the keys of their issuer cannot be fetched. Try again.")
