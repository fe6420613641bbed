"""The errors of the pipeline.

    PipelineError
    ├── InputError
    │   ├── UnsupportedMediaType
    │   ├── BrokenImage
    │   ├── TooManyPixels
    │   ├── OutputFormatLimit
    │   ├── NoFaceDetected
    │   ├── UnknownFace
    │   ├── BadFaceBox
    │   └── ReferenceMismatch
    ├── StageFailed
    ├── DeviceOutOfMemory
    ├── DeviceFailed
    ├── DeadlineExceeded
    ├── Cancelled
    └── ModelUnavailable

None of them knows an HTTP status: the one table for that is in `app.http`.
"""

from __future__ import annotations

from typing import ClassVar


class PipelineError(Exception):
    """The base of all errors whose message is written for people.

    `message` is a sentence for a person; `code` is stable and meant for programs; `stage` names the step, and
    `pipeline.run.Run.stage` fills it in where it is None.
    """

    code: ClassVar[str] = "pipeline_error"
    stage: str | None = None
    retry_after: int | None = None  # seconds, where it is known when the same may succeed

    def __init__(self, message: str, *, stage: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if stage is not None:
            self.stage = stage


class InputError(PipelineError):
    """Something is wrong with the photo or the options; the caller can correct it."""

    code = "bad_input"


class UnsupportedMediaType(InputError):
    """The file has no accepted format."""

    code = "unsupported_media_type"


class BrokenImage(InputError):
    """The file has an accepted format, but is damaged or built to be expensive."""

    code = "broken_image"


class TooManyPixels(InputError):
    """The photo, or the result that is asked for, has too many pixels."""

    code = "too_many_pixels"


class OutputFormatLimit(InputError):
    """A side of the result is longer than the output format allows."""

    code = "output_format_limit"


class NoFaceDetected(InputError):
    """A face was required and none was found."""

    code = "no_face_detected"


class UnknownFace(InputError):
    """The request names a face that the photo does not have."""

    code = "unknown_face"


class BadFaceBox(InputError):
    """The request marks a face where the photo has no room for one."""

    code = "bad_face_box"


class ReferenceMismatch(InputError):
    """The reference photo has other proportions than the photo."""

    code = "reference_mismatch"


class StageFailed(PipelineError):
    """A step raised an unexpected exception."""

    code = "stage_failed"


class DeviceOutOfMemory(PipelineError):
    """Memory ran out, on the device or on the host."""

    code = "out_of_memory"


class DeviceFailed(PipelineError):
    """The device has failed; this process can no longer use it."""

    code = "device_failed"


class DeadlineExceeded(PipelineError):
    """The deadline of this photo has passed."""

    code = "deadline_exceeded"


class Cancelled(PipelineError):
    """The client no longer waits for this photo."""

    code = "cancelled"


class ModelUnavailable(PipelineError):
    """A model's file is missing, has the wrong content, or is refused (at start-up)."""

    code = "model_unavailable"
