"""Answers to a photo: the document with the picture and its report, the error, and events of how far the photo is."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.work.dry_report import DryRun
from app.work.report import Report


@dataclass(frozen=True)
class _Picture:
    restored_image: Annotated[str, Field(description="the picture, base64")]


# A dataclass takes its fields from the last base first: this order puts the picture before its figures.
@dataclass(frozen=True)
class EnhanceData(Report, _Picture):
    """The picture and its figures."""


class EnhanceResponse(BaseModel):
    """A photo that was done."""

    status: Literal["success"]
    data: EnhanceData


class ReportResponse(BaseModel):
    """The figures of a job that is done; its picture has an address of its own."""

    status: Literal["success"]
    data: Report


class DryRunResponse(BaseModel):
    """A dry run: nothing was restored, and there is no picture."""

    status: Literal["success"]
    data: DryRun


class ErrorResponse(BaseModel):
    """What every error looks like."""

    error: str = Field(description="a sentence for a person")
    stage: str
    code: str = Field(description="stable, for programs")
    request_id: str


class QueuedEvent(BaseModel):
    """The data of the event `queued`: a photo has its place, or another one."""

    position: int = Field(ge=0, description="photos that go on the device before this one; 0: next, or a slot is free")
    seconds: float | None = Field(
        default=None, ge=0, description="about how long it waits for them; of a job, and where it is unknown, null"
    )


class StageEvent(BaseModel):
    """The data of the event `stage`: a step of the work begins, or goes on."""

    stage: str
    fraction: float = Field(ge=0, le=1, description="how much of it is done; starts again where a stage comes again")


class PlanEvent(BaseModel):
    """The data of the event `plan`: the faces are known, and so what the photo is to take."""

    seconds: float = Field(ge=0, description="of work, as in `estimate` of a dry run, with what is done already")
    stages_s: dict[str, float] = Field(description="the same by stage")


class SendingEvent(BaseModel):
    """The data of the event `sending`: the photo is done, and `result` follows."""

    bytes: int = Field(ge=0, description="of the result's JSON")


class ErrorEvent(ErrorResponse):
    """The data of the event `error`: the error as it would have been answered."""

    status: int = Field(description="the HTTP status that it would have had")
    retry_after: int | None = Field(description="seconds until it makes sense to try again; null: not by itself")
