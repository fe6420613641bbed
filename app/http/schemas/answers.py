"""Answers to a photo: the document with the picture and its report, and the error."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.work.report import Report


@dataclass(frozen=True)
class _Picture:
    restored_image: Annotated[str, Field(description="the picture, base64")]


@dataclass(frozen=True)
class EnhanceData(Report, _Picture):
    """The picture and its figures."""


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
