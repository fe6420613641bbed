"""A client of Likeness, the service that restores faces in photos: `Client`, and `AsyncClient` for asyncio."""

from .async_client import AsyncClient
from .client import Client
from .errors import (
    BadPhoto,
    JobFailed,
    LikenessError,
    QuotaExceeded,
    Refused,
    ServerFault,
    TooLate,
    Unavailable,
    Unreachable,
    WaitTimeout,
)
from .fields import BatchFields, EnhanceFields, JobFields, LookFields, UpscaleFields
from .jobs import Batch, Job, JobError, JobResult
from .restored import Estimate, Face, Look, Metrics, Notice, Preview, Report, Restored
from .retries import Retries

__all__ = [
    "AsyncClient",
    "BadPhoto",
    "Batch",
    "BatchFields",
    "Client",
    "EnhanceFields",
    "Estimate",
    "Face",
    "Job",
    "JobError",
    "JobFailed",
    "JobFields",
    "JobResult",
    "LikenessError",
    "Look",
    "LookFields",
    "Metrics",
    "Notice",
    "Preview",
    "QuotaExceeded",
    "Refused",
    "Report",
    "Restored",
    "Retries",
    "ServerFault",
    "TooLate",
    "Unavailable",
    "Unreachable",
    "UpscaleFields",
    "WaitTimeout",
]
