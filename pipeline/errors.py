"""What can go wrong on the way of a photo.

    PipelineError
    ├── InputError
    │   ├── UnsupportedMediaType
    │   ├── BrokenImage
    │   ├── TooManyPixels
    │   ├── OutputFormatLimit
    │   ├── NoFaceDetected
    │   ├── UnknownFace
    │   └── ReferenceMismatch
    ├── StageFailed
    ├── DeviceOutOfMemory
    ├── DeviceFailed
    ├── DeadlineExceeded
    ├── Cancelled
    └── ModelUnavailable

None of them knows an HTTP status: `app.http.errors` has the one table for that.
"""

from __future__ import annotations

from typing import ClassVar


class PipelineError(Exception):
    """A step of the pipeline could not do its work.

    `message` is a sentence for a person; `code` is stable and meant for programs; `stage` names
    the step, and is filled in by `pipeline.run.Run.stage` where the raiser left it open.
    """

    code: ClassVar[str] = "pipeline_error"

    def __init__(self, message: str, *, stage: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.stage = stage


class InputError(PipelineError):
    """The caller can mend it."""

    code = "bad_input"


class UnsupportedMediaType(InputError):
    """Not a format that is accepted."""

    code = "unsupported_media_type"


class BrokenImage(InputError):
    """The right format, but damaged or hostile."""

    code = "broken_image"


class TooManyPixels(InputError):
    """The photo, or the asked output, is too large."""

    code = "too_many_pixels"


class OutputFormatLimit(InputError):
    """The output format cannot hold a picture of this size."""

    code = "output_format_limit"


class NoFaceDetected(InputError):
    """A face was required and none was found."""

    code = "no_face_detected"


class UnknownFace(InputError):
    """Something was asked for a face that the photo does not have."""

    code = "unknown_face"


class ReferenceMismatch(InputError):
    """The ground truth does not show the same frame."""

    code = "reference_mismatch"


class StageFailed(PipelineError):
    """A step raised something nobody foresaw."""

    code = "stage_failed"


class DeviceOutOfMemory(PipelineError):
    """Memory ran out, on the device or beside it."""

    code = "out_of_memory"


class DeviceFailed(PipelineError):
    """The device computes nothing any more, and will not again in this process."""

    code = "device_failed"


class DeadlineExceeded(PipelineError):
    """The time given to this photo is over."""

    code = "deadline_exceeded"


class Cancelled(PipelineError):
    """Nobody waits for this photo any more."""

    code = "cancelled"


class ModelUnavailable(PipelineError):
    """A model's file is missing, wrong or refused (at start-up)."""

    code = "model_unavailable"
