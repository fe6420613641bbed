"""The shapes of requests and responses, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.face_overrides import EXAMPLE, FaceOverrides
from pipeline.models.catalogue.registry import CommercialUse, Origin, Role
from pipeline.options import Background, ColorCorrection, FaceChoice, IdentityPolicy, OutputFormat
from pipeline.types import FaceAction

# Lowest and highest, for the forms, the command line and `/config` alike.
FACTOR_BOUNDS = (1, 4)
STRENGTH_BOUNDS = (0, 1)
THRESHOLD_BOUNDS = (-1, 1)
QUALITY_BOUNDS = (1, 100)


_Absent: TypeAlias = SkipJsonSchema[None]  # a field may be left out, but a form has no word for null


def _within(bounds: tuple[int, int]) -> Any:
    return Field(ge=bounds[0], le=bounds[1], allow_inf_nan=False)


def _bounded(default: float, bounds: tuple[int, int], description: str) -> Any:
    """A finite number of a form, within bounds."""
    return Field(default, ge=bounds[0], le=bounds[1], allow_inf_nan=False, description=description)


class UpscaleForm(BaseModel):
    """A photo to enlarge."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="JPEG, PNG or WebP")
    upscale_factor: float = _bounded(2.0, FACTOR_BOUNDS, "output size over input size")
    color_correction: ColorCorrection = Field("none", description="auto: white balance and contrast of a faded photo")
    background: Background = Field("upscale", description="upscale: by a network; resample: Lanczos, no network")
    upscaler: str | _Absent = Field(None, description="another upscaler that the server offers, see /api/v1/config")
    denoise_strength: float = _bounded(
        1.0, STRENGTH_BOUNDS, "less than 1 leaves noise and grain; for upscalers that can, others warn"
    )
    output_format: OutputFormat = "png"
    quality: int = Field(95, ge=QUALITY_BOUNDS[0], le=QUALITY_BOUNDS[1], description="of JPEG and WebP")
    metrics: bool = Field(True, description="false: leave the quality metrics out")
    reference: UploadFile | _Absent = Field(None, description="ground truth that the metrics compare with")


class EnhanceForm(UpscaleForm):
    """A photo whose faces are to be restored."""

    strength: float = _bounded(
        1.0, STRENGTH_BOUNDS, "blend of restored and upscaled face; 0 leaves the face upscaled only"
    )
    faces: FaceChoice = Field("all", description="which faces to restore")
    face_overrides: FaceOverrides = Field(
        None,
        description=(
            "strength of single faces, before `strength` and `faces`: a JSON object, the face's place (0, 1, …) in "
            "`data.faces` of an earlier answer for the same photo and `color_correction` → strength from 0, which "
            "leaves that face upscaled only, to 1"
        ),
        examples=[EXAMPLE],
    )
    require_face: bool = Field(True, description="true: no face is an error; false: upscale all the same")
    restorer: str | _Absent = Field(None, description="another restorer that the server offers, see /api/v1/config")
    identity_policy: IdentityPolicy = Field("warn", description="protect: lower the strength to keep the likeness")
    identity_threshold: Annotated[float, _within(THRESHOLD_BOUNDS)] | _Absent = Field(
        None,
        description=(
            "similarity under which a face is another person, on the recogniser's scale; unless given, what "
            "/api/v1/config says"
        ),
    )


class Metrics(BaseModel):
    """How the output compares with `reference`: the input (how much was changed) or an uploaded ground truth."""

    psnr: float | None = Field(description="dB, higher is more alike; null if the pictures are identical")
    ssim: float | None = Field(description="structural similarity, 1 for identical pictures")
    lpips: float | None = Field(description="perceptual distance, 0 for identical pictures")
    identity_similarity: float | None = Field(
        description="the lowest over the restored faces, cosine in [-1, 1] on the scale of `models.recogniser`"
    )
    reference: Literal["input", "upload"]


class FaceOut(BaseModel):
    """One detected face and what was done with it. Box (x0, y0, x1, y1) and landmarks in input pixels."""

    box: list[float]
    landmarks: list[list[float]]
    landmarks_estimated: bool = Field(description="true where the detector does not see all landmarks but derives some")
    score: float
    identity_similarity: float | None = Field(
        description=(
            "of the face before and after, cosine in [-1, 1] on the scale of `models.recogniser`; null for a face that "
            "was kept, and without a recogniser"
        )
    )
    strength: float
    action: FaceAction
    reason: str | None


class WarningOut(BaseModel):
    """Something to know that is no failure."""

    model_config = ConfigDict(title="Warning")

    code: str
    message: str


class EnhanceData(BaseModel):
    """The picture and its figures."""

    restored_image: str = Field(description="the picture, base64")
    media_type: str
    width: int
    height: int
    metrics: Metrics | None = Field(description="null if they were not asked for")
    faces: list[FaceOut]
    processing_time_ms: int
    timings_ms: dict[str, float]
    models: dict[str, str]
    warning: str | None = Field(description="the first warning's sentence")
    warnings: list[WarningOut]


class EnhanceResponse(BaseModel):
    """A photo that was done."""

    status: Literal["success"]
    data: EnhanceData


class ErrorResponse(BaseModel):
    """What every error looks like."""

    error: str = Field(description="a sentence for a person")
    stage: str
    code: str = Field(description="stable, for programs")
    request_id: str


class QueuedEvent(BaseModel):
    """The data of the event `queued`: a photo has its place, or another one."""

    position: int = Field(ge=0, description="photos that go on the device before this one; 0: next, or a slot is free")


class StageEvent(BaseModel):
    """The data of the event `stage`: a step of the work begins, or goes on."""

    stage: str
    fraction: float = Field(ge=0, le=1, description="how much of it is done; starts again where a stage comes again")


class ErrorEvent(ErrorResponse):
    """The data of the event `error`: the error as it would have been answered."""

    status: int = Field(description="the HTTP status that it would have had")
    retry_after: int | None = Field(description="seconds until it makes sense to try again; null: not by itself")


class Liveness(BaseModel):
    """Whether the process is sound."""

    status: Literal["alive", "failed"]


class Readiness(BaseModel):
    """Whether photos are accepted."""

    status: Literal["ready", "loading", "draining", "failed"]
    detail: str | None = None


class Health(BaseModel):
    """Liveness, readiness and what stands behind them."""

    status: Literal["healthy", "starting", "stopping", "unhealthy"]
    version: str
    ready: Readiness
    models: dict[str, str]
    device: dict[str, str]
    uptime_s: float


class Memory(BaseModel):
    """Bytes of memory."""

    resident: int
    available: int
    total: int


class Status(BaseModel):
    """What the process is doing now."""

    version: str
    uptime_s: float
    ready: bool
    slots: int
    slots_in_use: int
    queue_size: int
    queue_length: int
    memory: Memory
    device: dict[str, str]


class Limits(BaseModel):
    """What a request must keep to."""

    max_upload_mb: float
    max_input_megapixels: float
    max_output_megapixels: float
    deadline_s: float
    media_types: list[str]
    upscale_factor: tuple[float, float]
    strength: tuple[float, float]
    quality: tuple[int, int]
    identity_threshold: tuple[float, float]
    denoise_strength: tuple[float, float]


class Config(BaseModel):
    """Limits, defaults and models: all that a client needs to build its form."""

    version: str
    limits: Limits
    defaults: dict[str, bool | float | int | str | None]
    choices: dict[str, list[str]]
    identity_threshold: float | None = Field(
        description="similarity under which a face is another person, unless a request says otherwise; null without a "
        "recogniser"
    )
    identity_recogniser: str | None = Field(
        description="the recogniser on whose scale thresholds and similarities are, known before it is loaded; null "
        "without one"
    )
    models: dict[str, str]


class ModelOut(BaseModel):
    """One row of the model registry, and its state here."""

    name: str
    role: Role
    origin: Origin
    file: str
    bytes: int
    licence: str
    commercial_use: CommercialUse
    scale: int | None = Field(description="output over input size; null before a model of one's own is loaded")
    threshold: float | None = Field(
        description="a recogniser's own: similarity under which it takes two faces for two people; null for other roles"
    )
    installed: bool
    in_use: bool = Field(description="what a request gets that names no other")
    offered: bool = Field(description="in use, or to be had by naming it")


class WarmupResponse(BaseModel):
    """What a warm-up took, per stage."""

    timings_ms: dict[str, float]
