"""Settings of jobs: photos that are done later. They are on where a place for their data is given."""

from typing import Literal

from pydantic import Field, FiniteFloat, ValidationInfo, field_validator

from app.environment import EnvironmentSettings
from app.setting_types import DatabaseUrl, ObjectsUrl, OptionalFolder

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

    @property
    def has_jobs(self) -> bool:
        """Whether a place for jobs is given."""
        return self.data_dir is not None or bool(self.database_url)
