"""Why a request is refused for the way in which it was sent."""

from collections.abc import Sequence

from app.settings import FORM_OVERHEAD, MEBIBYTE
from app.work.errors import Unavailable
from pipeline.errors import PipelineError, UnsupportedMediaType


class MalformedForm(PipelineError):
    """The body is not the form that it should be."""

    code = "malformed_form"
    stage = "request"


class UnreadableBody(UnsupportedMediaType):
    """The body is neither a form with files nor a photo. `media_type`: what it says it is; empty if it does not."""

    stage = "request"

    def __init__(self, media_type: str) -> None:
        if media_type == "application/x-www-form-urlencoded":
            seen = f"The body is {media_type}, which is how curl --data-binary sends any file."
        else:
            seen = f"The body is {media_type[:80]}." if media_type else "The request has no Content-Type."
        super().__init__(
            f"{seen} Send the photo as the file of a form (multipart/form-data), as curl -F file=@photo.jpg does. "
            "If the body is the photo itself, add -H 'Content-Type: image/jpeg'."
        )


class NotAcceptable(PipelineError):
    """The client accepts none of the media types that are offered."""

    code = "not_acceptable"
    stage = "request"

    def __init__(self, offered: Sequence[str]) -> None:
        *others, last = offered
        super().__init__(f"Accept allows nothing that is offered here: {', '.join(others)} or {last}.")


class UploadTooSlow(PipelineError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    stage = "upload"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The upload did not arrive within {seconds:g} seconds.")


class BodyTooLarge(PipelineError):
    """The body has more than `limit` bytes. The rest of it is not read."""

    code = "too_many_bytes"
    stage = "upload"

    def __init__(self, limit: int) -> None:
        megabytes = (limit - FORM_OVERHEAD) / MEBIBYTE
        super().__init__(f"The upload is larger than the {megabytes:.3g} MB that this server accepts.")


class RangeNotSatisfiable(PipelineError):
    """The range that is asked for lies behind the end of the `size` bytes that there are."""

    code = "range_not_satisfiable"
    stage = "request"

    def __init__(self, size: int) -> None:
        super().__init__(f"There are {size} bytes; the range that is asked for begins after them.")
        self.size = size


class UpgradeRequired(PipelineError):
    """The address speaks only as a WebSocket."""

    code = "upgrade_required"
    stage = "request"

    def __init__(self) -> None:
        super().__init__("This address is a WebSocket. A proxy must pass on Connection: Upgrade, and Upgrade.")


class MalformedHandshake(PipelineError):
    """The request asks for a WebSocket in a way that the protocol (RFC 6455) does not allow."""

    code = "malformed_handshake"
    stage = "request"

    def __init__(self, fault: str) -> None:
        super().__init__(f"The handshake of the WebSocket is wrong: {fault}.")


class TooManyStreams(Unavailable):
    """The client, or all clients together, follow jobs as often at once as they may."""

    code = "too_many_streams"
    stage = "request"

    def __init__(self) -> None:
        super().__init__("Too many streams of events of jobs are open. Close some, or ask for the job itself.")
