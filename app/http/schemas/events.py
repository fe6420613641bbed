"""The data of the events that tell how far a photo is."""

from pydantic import BaseModel, Field

from app.http.schemas.answers import ErrorResponse


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
