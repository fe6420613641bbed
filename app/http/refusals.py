"""Why a request is refused for the way in which it was sent."""

from app.settings import FORM_OVERHEAD, MEBIBYTE
from pipeline.errors import PipelineError


class MalformedForm(PipelineError):
    """The body is not the form that it should be."""

    code = "malformed_form"
    stage = "request"


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
