"""The report of a dry run: what the work on a photo would give, and what it would take."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.work.photo_preview import PhotoPreview
from app.work.report import FaceOut, WarningOut


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the work would take."""

    seconds: Annotated[
        float, Field(description="of work, by what this machine has measured; waiting in the queue is not in it")
    ]
    stages_s: Annotated[dict[str, float], Field(description="the same by stage")]
    memory_bytes: Annotated[int, Field(description="reserved for the photo; it is refused where less is free")]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be done. The faces are those of the real answer; `action` is `restored` or `kept`."""

    dry_run: Literal[True]
    width: int
    height: int
    media_type: str
    faces: list[FaceOut]
    models: dict[str, str]
    estimate: Estimate
    warning: Annotated[str | None, Field(description="the first warning's sentence")]
    warnings: Annotated[list[WarningOut], Field(description="those that are known before the work")]
    preview: Annotated[PhotoPreview | None, Field(description="the photo itself; null unless it is asked for")]
