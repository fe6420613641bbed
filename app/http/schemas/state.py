"""What the server says about itself: health, status, configuration and models."""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, create_model

from app.options import OPTIONS
from jobs.job import State
from pipeline.models.catalogue.model_file import CommercialUse, Origin
from pipeline.models.roles import Role


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


class WorkerOut(BaseModel):
    """A worker of jobs that gives signs of life."""

    name: str
    queues: list[str]
    busy: bool = Field(description="whether it does a job now")


class Sweeps(BaseModel):
    """What this process has removed: expired jobs, and objects that belonged to none."""

    count: int
    last_s: float | None = Field(description="seconds since the last sweep ended; null before the first")
    last_jobs: int
    last_orphans: int


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
    jobs: dict[State, int] | None = Field(description="how many jobs are in which state; null where none are kept")
    queues: dict[str, int] | None = Field(
        description="messages in each queue of the broker; null without one, or where it does not answer"
    )
    workers: list[WorkerOut] | None = Field(description="null as `queues` is")
    sweeps: Sweeps | None = Field(description="null where no jobs are kept")


class _FixedLimits(BaseModel):
    max_upload_mb: float
    max_input_megapixels: float
    max_output_megapixels: float
    deadline_s: float
    media_types: list[str]
    url_fetch: bool


if TYPE_CHECKING:
    Limits: TypeAlias = Any
else:
    Limits = create_model(
        "Limits",
        __doc__="What a request must keep to.",
        __module__=__name__,
        __base__=_FixedLimits,
        **{
            option.name: (tuple[option.type, option.type], ...)
            for option in sorted(
                OPTIONS, key=lambda option: option.about.by_model
            )  # the published order: by model last
            if option.about.bounds is not None
        },
    )


class JobLimits(BaseModel):
    """What a client must know of jobs."""

    batch_size: int = Field(description="photos of one batch, at most")
    batch_mb: float = Field(description="MiB of a batch's upload, at most")
    archive_mb: float = Field(description="MiB of a ZIP of photos, at most")
    retention_hours: float
    timeout_s: float = Field(description="seconds of work that a job may take")
    webhooks: bool = Field(description="whether `webhook_url` is taken")
    quota_waiting: int | None = Field(description="jobs of one owner that may wait or be at work; null: any number")
    quota_jobs_a_day: int | None = Field(description="jobs that one owner may submit in 24 hours; null: any number")
    quota_mb: float | None = Field(description="MiB of one owner's photos and results, at most; null: any number")


class PresetOut(BaseModel):
    """What a preset sets."""

    fields: dict[str, bool | float | int | str] = Field(description="of the fields that a request does not give")
    models: list[str] = Field(description="restorers and upscalers that go before the server's default, if not empty")


class LackOut(BaseModel):
    """A role that has no model here, because of which figures are unknown, and what brings one."""

    role: Role = Field(description="`recogniser`: whether it is the same person is unknown; `perceptual`: LPIPS is")
    models: list[str] = Field(description="that would do")
    command: str | None = Field(
        description="downloads them where the service runs, which is then started again; null where `setting` refuses "
        "them all"
    )
    setting: str | None = Field(description="`NAME=value` that must be unset for them; null if there is none")
    instead: list[str] = Field(description="models that ship with Likeness and do once `setting` is unset")
    bytes: int = Field(description="size of the download")


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
    lacking: list[LackOut] = Field(description="empty where every figure can be measured")
    jobs: JobLimits | None = Field(description="null where no jobs are kept")
    denoisers: list[str] = Field(
        description="offered upscalers that can leave noise and grain, as `denoise_strength` asks"
    )
    presets: dict[str, PresetOut] = Field(description="what each `preset` means on this server")


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


class Cleanup(BaseModel):
    """What a cleanup has removed."""

    jobs: int = Field(description="that had expired, with their photos and results")
    objects: int = Field(description="that belonged to no job")


class WarmupResponse(BaseModel):
    """What a warm-up took, per stage."""

    timings_ms: dict[str, float]
