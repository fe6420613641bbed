"""Settings of jobs: photos that are done later. They are on where a place for their data is given."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, FiniteFloat, PlainValidator, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from app.access.hosts import parse_hosts
from app.access.operators import parse_operators
from app.access.webhook_secrets import parse_webhook_secrets
from app.environment import EnvironmentSettings
from app.setting_types import MAX_TEXT, BrokerUrl, DatabaseUrl, ObjectsUrl, OptionalFolder, at_most

DAY, YEAR = 86_400, 8_760  # in seconds, in hours


class JobSettings(EnvironmentSettings):
    """What an operator may choose of jobs. `repr=False`: the value may hold a password."""

    data_dir: OptionalFolder = Field(None, description="folder of jobs, their photos and results; empty: none")
    database_url: DatabaseUrl = Field(
        "", repr=False, description="database of the jobs; empty: a file in LIKENESS_DATA_DIR"
    )
    objects_url: ObjectsUrl = Field(
        "",
        validate_default=True,
        repr=False,
        description="object store of the jobs' photos and results; empty: files in LIKENESS_DATA_DIR",
    )
    broker_url: BrokerUrl = Field(
        "",
        repr=False,
        description="Redis through which workers get the jobs; empty: the serving process does them",
    )
    job_timeout_s: FiniteFloat = Field(600.0, gt=0, le=DAY, description="seconds of work that a job may take")
    retention_hours: FiniteFloat = Field(
        24.0, gt=0, le=YEAR, description="hours that a job, its photo and its result are kept"
    )
    batch_size: int = Field(50, ge=1, le=1000, description="photos of one batch, at most")
    quota_waiting: int = Field(
        0, ge=0, le=1_000_000, description="jobs of one owner that may wait or be at work; 0: any number"
    )
    quota_jobs_a_day: int = Field(
        0, ge=0, le=1_000_000_000, description="jobs that one owner may submit in 24 hours; 0: any number"
    )
    quota_mb: FiniteFloat = Field(
        0.0, ge=0, le=1_000_000_000, description="MiB of one owner's photos and results that are kept; 0: any number"
    )
    result_redirect: Literal["off", "on"] = Field(
        "off", description="on: results of jobs are answered with a URL of the object store, where it has such URLs"
    )
    worker_port: int = Field(
        0, ge=0, le=65535, description="port on which a worker answers /metrics and /healthz; 0: none"
    )
    webhook_secret: Annotated[tuple[bytes, ...], NoDecode, PlainValidator(parse_webhook_secrets), at_most(MAX_TEXT)] = (
        Field(
            "",
            validate_default=True,
            repr=False,
            description="whsec_ and base64: signs webhooks; several, separated by spaces, all sign; empty: no webhooks",
        )
    )
    webhook_hosts: Annotated[tuple[str, ...], NoDecode, PlainValidator(parse_hosts), at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="hosts that webhooks are sent to; empty: any public one"
    )
    operators: Annotated[frozenset[str], NoDecode, PlainValidator(parse_operators), at_most(MAX_TEXT)] = Field(
        "",
        validate_default=True,
        description="names of the API keys, or token:sub of the tokens, that may ask for a cleanup; empty: none",
    )

    @field_validator("objects_url")
    @classmethod
    def _beside_database(cls, url: str, info: ValidationInfo) -> str:
        """Refuse a place for photos without one for the table of jobs, and the reverse."""
        if info.data.get("data_dir") is None and "database_url" in info.data:
            if url and not info.data["database_url"]:
                raise ValueError("it needs LIKENESS_DATABASE_URL or LIKENESS_DATA_DIR beside it")
            if info.data["database_url"] and not url:
                raise ValueError("it is missing: LIKENESS_DATABASE_URL needs it, or LIKENESS_DATA_DIR")
        return url

    @field_validator("broker_url")
    @classmethod
    def _beside_places(cls, url: str, info: ValidationInfo) -> str:
        """Refuse a broker where there are no jobs, and where workers would not see them."""
        if url and {"data_dir", "database_url", "objects_url"} <= info.data.keys():
            if info.data["data_dir"] is None and not info.data["database_url"]:
                raise ValueError(
                    "it needs a place for jobs: LIKENESS_DATA_DIR, or LIKENESS_DATABASE_URL and LIKENESS_OBJECTS_URL"
                )
            if urlsplit(info.data["objects_url"]).scheme == "memory":
                raise ValueError("workers do not see the memory of LIKENESS_OBJECTS_URL")
        return url

    @property
    def has_jobs(self) -> bool:
        """Whether a place for jobs is given."""
        return self.data_dir is not None or bool(self.database_url)
