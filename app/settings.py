"""Settings: `LIKENESS_*` environment variables, each with a default that suits one machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from limits import RateLimitItem
from pydantic import AfterValidator, Field, FiniteFloat, PlainValidator, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.access.addresses import is_loopback, parse_origins, parse_proxies
from app.access.keys import Keys, parse_keys
from app.access.quota import check_storage, parse_rates
from pipeline.models.catalogue.preferences import Licences, ModelPreferences, OriginChoice
from pipeline.models.roles import ROLES, Role
from pipeline.types import DeviceChoice, Precision

KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024
FORM_OVERHEAD = 64 * 1024  # bytes of a form beside its files: boundaries, part headers, fields

Folder: TypeAlias = Annotated[Path, AfterValidator(Path.expanduser)]


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The largest photo that is taken, in pixels, and the largest picture that is made, in megapixels."""

    max_input_pixels: int
    max_output_megapixels: float


class Settings(BaseSettings):
    """Everything that an operator may choose. Read once at the start, which a wrong value stops."""

    # A value may hold a password, and validation errors may end up in logs that others read.
    model_config = SettingsConfigDict(env_prefix="LIKENESS_", frozen=True, extra="ignore", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: JSON unless on a terminal")

    models: OriginChoice = Field("auto", description="auto, embedded or official models")
    licences: Licences = Field("any", description="commercial: only models whose commercial use is a plain yes")
    weights_dir: Folder = Field(Path("~/.cache/likeness"), description="where downloaded models lie")
    models_mirror: str = Field("", description="base URL to download models from instead of their publishers")
    detector: str = Field("", description="which detector; empty: as LIKENESS_MODELS decides")
    restorer: str = Field("", description="restorers, the default first; a request may name one of them")
    upscaler: str = Field("", description="upscalers, the default of each scale first; a request may name one of them")
    parser: str = Field("", description="which face parser; none: a plain ellipse")
    recogniser: str = Field("", description="which recogniser; none: identity is not measured")
    perceptual: str = Field("", description="which perceptual model; none: LPIPS is not measured")
    web_dir: Folder = Field(Path("web/out"), description="where the exported browser app lies")
    device: DeviceChoice = Field("auto", description="auto, cpu or cuda")
    precision: Precision = Field("auto", description="auto, fp32, bf16 or fp16")

    slots: int = Field(1, ge=1, le=64, description="photos on the device at the same time")
    queue_size: int = Field(8, ge=0, le=10_000, description="photos that may wait for a slot; more get 503")
    deadline_s: FiniteFloat = Field(180.0, gt=0, description="seconds from a photo's arrival to its answer; then 504")
    grace_s: int = Field(30, ge=0, description="seconds that work in flight is given at shutdown")
    drain_s: FiniteFloat = Field(
        2.0, ge=0, description="seconds that a server told to stop still refuses in words, for balancers to notice"
    )
    read_timeout_s: FiniteFloat = Field(
        60.0, gt=0, description="seconds for a whole request to arrive, and for a client to take some of its answer"
    )
    min_answer_rate_kb_s: FiniteFloat = Field(
        64.0,
        ge=0,
        le=1_000_000,
        description="KiB a second that a client must take of its answer in the mean; 0: any rate",
    )
    upload_memory_mb: FiniteFloat = Field(256.0, gt=0, description="MiB of all uploads that are still arriving")
    answer_memory_mb: FiniteFloat = Field(
        512.0, gt=0, le=1_000_000, description="MiB of all answers that are on their way to their clients"
    )

    # repr=False: the value is not shown with the settings, and not quoted when it is wrong.
    api_keys: Annotated[Keys, NoDecode, PlainValidator(parse_keys)] = Field(
        "",
        validate_default=True,
        repr=False,
        description="name:sha256 of each key that is let in, separated by commas; empty: anybody",
    )
    rate_limit: Annotated[tuple[RateLimitItem, ...], NoDecode, PlainValidator(parse_rates)] = Field(
        "", validate_default=True, description="photos per key or address, such as 60/minute; empty: no limit"
    )
    rate_limit_storage: Annotated[str, AfterValidator(check_storage)] = Field(
        "memory://", repr=False, description="where they are counted; redis://… for several replicas"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_origins)] = Field(
        "", validate_default=True, description="origins of browser apps hosted elsewhere, separated by commas"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_proxies)] = Field(
        "", validate_default=True, description="addresses or networks whose X-Forwarded-For is believed"
    )

    max_upload_mb: FiniteFloat = Field(10.0, gt=0, description="MiB of a whole upload: photo, reference and fields")
    max_input_megapixels: FiniteFloat = Field(25.0, gt=0, description="megapixels of a photo or reference")
    max_output_megapixels: FiniteFloat = Field(100.0, gt=0, description="megapixels of the enlarged photo")
    identity_threshold: FiniteFloat | None = Field(
        None, ge=-1, le=1, description="similarity under which a face is another person; empty: the recogniser's own"
    )

    @field_validator("port", mode="before")
    @classmethod
    def _not_a_service_link(cls, value: object) -> object:
        """Ignore the `LIKENESS_PORT=tcp://…` that Kubernetes sets in every pod beside a Service named likeness."""
        return cls.model_fields["port"].default if isinstance(value, str) and value.startswith("tcp://") else value

    @field_validator("weights_dir", "web_dir", "identity_threshold", mode="before")
    @classmethod
    def _given(cls, value: object, info: ValidationInfo) -> object:
        """An empty variable counts as not set: it is no number, and does not mean the current folder."""
        field = cls.model_fields[str(info.field_name)]
        return field.get_default(call_default_factory=True) if value == "" else value

    def threshold_for(self, asked: float | None = None, own: float | None = None) -> float | None:
        """The similarity, in [-1, 1], under which a face is another person: `asked`, else as set, else `own`."""
        return next((value for value in (asked, self.identity_threshold, own) if value is not None), None)

    @property
    def max_body_bytes(self) -> int:
        """The largest request body."""
        return int(self.max_upload_mb * MEBIBYTE) + FORM_OVERHEAD

    @property
    def max_arriving_bytes(self) -> int:
        """The most bytes of all uploads on their way in: at least one of the largest."""
        return max(self.max_body_bytes, int(self.upload_memory_mb * MEBIBYTE))

    @property
    def min_answer_rate(self) -> float:
        """The bytes a second that a client must take of its answer."""
        return self.min_answer_rate_kb_s * KIBIBYTE

    @property
    def max_held_bytes(self) -> int:
        """The most bytes of all answers on their way out."""
        return int(self.answer_memory_mb * MEBIBYTE)

    @property
    def photo_limits(self) -> PhotoLimits:
        """How large photos may be, before and after."""
        return PhotoLimits(int(self.max_input_megapixels * 1_000_000), self.max_output_megapixels)

    @property
    def open_to_others(self) -> bool:
        """Whether anybody who reaches this machine over the network may send photos."""
        return not self.api_keys and not is_loopback(self.host)

    @property
    def model_preferences(self) -> ModelPreferences:
        """Which models are wanted, in the pipeline's words."""
        named: dict[Role, str] = {role: getattr(self, role) for role in ROLES}
        wanted = {role: tuple(name.strip() for name in named[role].split(",") if name.strip()) for role in ROLES}
        return ModelPreferences(self.weights_dir, self.models, self.licences, wanted)
