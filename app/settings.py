"""Settings: `LIKENESS_*` environment variables, each with a default that suits one machine."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from limits import RateLimitItem
from pydantic import AfterValidator, Field, FiniteFloat, PlainValidator, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from app.access.addresses import is_loopback, parse_origins, parse_proxies
from app.access.hosts import parse_hosts
from app.access.keys import Keys, parse_keys
from app.access.quota import check_storage, parse_rates
from app.job_settings import JobSettings
from app.setting_types import MAX_KEYS, MAX_TEXT, Folder, Host, MirrorUrl, ModelNames, at_most, check_folder, expanded
from app.token_settings import TokenSettings
from pipeline.models.catalogue.preferences import Licences, ModelPreferences, OriginChoice
from pipeline.models.roles import ROLES, Role
from pipeline.types import DeviceChoice, Precision

KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024
FORM_OVERHEAD = 64 * 1024  # bytes of a form beside its files: boundaries, part headers, fields
HOUR, DAY = 3_600, 86_400  # seconds


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The largest photo that is taken, in pixels, and the largest picture that is made, in megapixels."""

    max_input_pixels: int
    max_output_megapixels: float


def upload_s(length: int, ordinary_bytes: int, ordinary_s: float) -> float:
    """The seconds that a body of `length` bytes may take to arrive: `ordinary_s` for each ordinary upload in it."""
    return ordinary_s * max(1, math.ceil(length / ordinary_bytes))


class Settings(JobSettings, TokenSettings):
    """Everything that an operator may choose. Read once at the start, which a wrong value or an unknown name stops."""

    host: Host = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="how much is logged")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: JSON unless on a terminal")

    models: OriginChoice = Field("auto", description="auto, embedded or official models")
    licences: Licences = Field("any", description="commercial: only models whose commercial use is a plain yes")
    weights_dir: Folder = Field(Path("~/.cache/likeness"), description="where downloaded models lie")
    models_mirror: MirrorUrl = Field(
        "", repr=False, description="base URL to download models from instead of their publishers"
    )
    detector: ModelNames = Field("", description="which detector; empty: as LIKENESS_MODELS decides")
    restorer: ModelNames = Field("", description="restorers, the default first; a request may name one of them")
    upscaler: ModelNames = Field(
        "", description="upscalers, the default of each scale first; a request may name one of them"
    )
    parser: ModelNames = Field("", description="which face parser; none: a plain ellipse")
    recogniser: ModelNames = Field("", description="which recogniser; none: identity is not measured")
    perceptual: ModelNames = Field("", description="which perceptual model; none: LPIPS is not measured")
    web_dir: Folder = Field(Path("web/out"), description="where the exported browser app lies")
    device: DeviceChoice = Field("auto", description="auto, cpu or cuda")
    precision: Precision = Field("auto", description="auto, fp32, bf16 or fp16")

    slots: int = Field(1, ge=1, le=64, description="photos on the device at the same time")
    queue_size: int = Field(8, ge=0, le=10_000, description="photos that may wait for a slot; more get 503")
    deadline_s: FiniteFloat = Field(
        180.0, gt=0, le=DAY, description="seconds from a photo's arrival to its answer; then 504"
    )
    grace_s: int = Field(30, ge=0, le=DAY, description="seconds that work in flight is given at shutdown")
    drain_s: FiniteFloat = Field(
        2.0,
        ge=0,
        le=HOUR,
        description="seconds in which a stopping server answers 503, so that load balancers notice",
    )
    read_timeout_s: FiniteFloat = Field(
        60.0,
        gt=0,
        le=HOUR,
        description="seconds for a whole request to arrive, and for a client to take some of its answer",
    )
    upload_memory_mb: FiniteFloat = Field(
        256.0, gt=0, le=1_000_000, description="MiB of all uploads that are still arriving"
    )
    min_answer_rate_kb_s: FiniteFloat = Field(
        64.0,
        ge=0,
        le=1_000_000,
        description="KiB a second that a client must take of its answer in the mean; 0: any rate",
    )
    answer_memory_mb: FiniteFloat = Field(
        512.0, gt=0, le=1_000_000, description="MiB of all answers that are on their way to their clients"
    )

    cache_mb: FiniteFloat = Field(
        0.0, ge=0, le=1_000_000, description="MiB of finished answers that are kept for the same request; 0: none"
    )

    # repr=False: the value is not shown with the settings, and not quoted when it is wrong.
    api_keys: Annotated[Keys, NoDecode, PlainValidator(parse_keys), at_most(MAX_KEYS)] = Field(
        "",
        validate_default=True,
        repr=False,
        description="name:sha256 of each key that is let in, separated by commas; empty: anybody",
    )
    rate_limit: Annotated[tuple[RateLimitItem, ...], NoDecode, PlainValidator(parse_rates), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="photos per key or address, such as 60/minute; empty: no limit"
    )
    rate_limit_storage: Annotated[str, AfterValidator(check_storage), at_most(MAX_TEXT)] = Field(
        "memory://", repr=False, description="where they are counted; redis://… for several replicas"
    )
    hosts: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_hosts), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="host names to answer for, beside localhost and IP addresses; *: any"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_origins), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="origins of browser apps hosted elsewhere, separated by commas"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_proxies), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="addresses or networks whose X-Forwarded-For is believed"
    )

    url_fetch: Literal["off", "on"] = Field("off", description="on: a request may name its photo by an address")
    url_hosts: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_hosts), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="hosts that photos are fetched from; empty: any public one"
    )
    url_timeout_s: FiniteFloat = Field(15.0, gt=0, le=300, description="seconds for a photo to come from its address")

    max_upload_mb: FiniteFloat = Field(
        10.0, gt=0, le=4_096, description="MiB of a whole upload: photo, reference and fields"
    )
    max_input_megapixels: FiniteFloat = Field(25.0, gt=0, le=1_000, description="megapixels of a photo or reference")
    max_output_megapixels: FiniteFloat = Field(100.0, gt=0, le=4_000, description="megapixels of the enlarged photo")
    identity_threshold: FiniteFloat | None = Field(
        None, ge=-1, le=1, description="similarity under which a face is another person; empty: the recogniser's own"
    )

    @field_validator("weights_dir", "web_dir")
    @classmethod
    def _usable(cls, folder: Path, info: ValidationInfo) -> Path:
        """Refuse a folder that cannot be used. A default one is not checked: the service can do without it."""
        name = str(info.field_name)
        if not cls._is_default(name, folder):
            check_folder(folder, missing_ok=name == "weights_dir")  # `models pull` makes it
        return folder

    @classmethod
    def _is_default(cls, name: str, folder: Path) -> bool:
        return folder == expanded(cls.model_fields[name].default)

    def threshold_for(self, asked: float | None = None, own: float | None = None) -> float | None:
        """The similarity, in [-1, 1], under which a face is another person: `asked`, else as set, else `own`."""
        return next((value for value in (asked, self.identity_threshold, own) if value is not None), None)

    @property
    def max_fetched_bytes(self) -> int:
        """The largest photo that is fetched."""
        return int(self.max_upload_mb * MEBIBYTE)

    @property
    def max_body_bytes(self) -> int:
        """The largest request body."""
        return int(self.max_upload_mb * MEBIBYTE) + FORM_OVERHEAD

    @property
    def max_batch_bytes(self) -> int:
        """The largest body of a batch of photos."""
        return self.batch_size * (self.max_fetched_bytes + KIBIBYTE) + FORM_OVERHEAD

    @property
    def longest_upload_s(self) -> float:
        """The seconds that the largest batch may take to arrive."""
        return upload_s(self.max_batch_bytes, self.max_body_bytes, self.read_timeout_s)

    @property
    def max_archive_bytes(self) -> int:
        """The largest archive of photos, which is held in memory until it is unpacked."""
        return max(self.max_fetched_bytes, self.max_arriving_bytes // 4)

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
    def max_cached_bytes(self) -> int:
        """The most bytes of all answers that are kept."""
        return int(self.cache_mb * MEBIBYTE)

    @property
    def photo_limits(self) -> PhotoLimits:
        """How large photos may be, before and after."""
        return PhotoLimits(int(self.max_input_megapixels * 1_000_000), self.max_output_megapixels)

    @property
    def needs_key(self) -> bool:
        """Whether a request needs an API key or a token."""
        return bool(self.api_keys) or self.has_tokens

    @property
    def open_to_others(self) -> bool:
        """Whether anybody who reaches this machine over the network may send photos."""
        return not self.needs_key and not is_loopback(self.host)

    @property
    def lacks_weights_dir(self) -> bool:
        """Whether a folder of weights was named that does not exist."""
        return not self._is_default("weights_dir", self.weights_dir) and not self.weights_dir.exists()

    @property
    def model_preferences(self) -> ModelPreferences:
        """Which models are wanted, in the pipeline's words."""
        named: dict[Role, str] = {role: getattr(self, role) for role in ROLES}
        wanted = {role: tuple(name.strip() for name in named[role].split(",") if name.strip()) for role in ROLES}
        return ModelPreferences(self.weights_dir, self.models, self.licences, wanted)


class GivenSettings(Settings):
    """Settings of which only the arguments count, not the environment."""

    reads_environment = False
