"""Jobs and batches as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.http.schemas.answers import ErrorResponse
from app.work.order import Task
from jobs.job import State
from jobs.webhooks.webhook import WebhookState


class JobErrorOut(BaseModel):
    """Why a job failed: the error that `/enhance` would have answered."""

    error: str = Field(description="a sentence for a person")
    stage: str
    code: str = Field(description="stable, for programs")
    status: int = Field(description="the HTTP status that it would have had")


class JobResultOut(BaseModel):
    """The picture that a job has made."""

    media_type: str
    bytes: int
    width: int
    height: int
    faces: int


class WebhookOut(BaseModel):
    """What became of the message to `webhook_url`."""

    state: WebhookState = Field(
        description="waiting: for the end, or for the next attempt; failed: the receiver answered 410"
    )
    attempts: int = Field(ge=0)
    last_status: int | None = Field(description="of the receiver's last answer; null: none came")


class JobLinks(BaseModel):
    """Where to go on, as paths of this server. null: there is nothing yet, or never will be."""

    self: str
    cancel: str | None
    result: str | None
    preview: str | None
    report: str | None


class JobOut(BaseModel):
    """A job as it is now."""

    id: UUID
    kind: Task
    state: State
    file_name: str = Field(description="as the client called the photo; empty if it had no name")
    batch: UUID | None
    position: Annotated[int, Field(ge=0)] | None = Field(
        description="jobs that begin before this one, as the queue is now: owners take turns, so that later jobs of "
        "others may go before it; null unless it is queued, and in lists"
    )
    stage: str | None = Field(description="the step of the work that goes on, or was the last")
    fraction: float = Field(ge=0, le=1, description="how much of it is done")
    attempt: int = Field(ge=0, description="how often the work was begun")
    cancelling: bool = Field(description="true: it is still at work, and stops at the next step")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime = Field(description="when the job, its photo and its result are removed")
    timings_ms: dict[str, float]
    result: JobResultOut | None
    error: JobErrorOut | None
    webhook: WebhookOut | None = Field(description="null without `webhook_url`, and in lists and events")
    links: JobLinks


class JobPage(BaseModel):
    """Some of one's jobs, the newest first."""

    jobs: list[JobOut]
    next: str | None = Field(description="the path of the next page; null: this is the last one")


class BatchLinks(BaseModel):
    """Where to go on, as paths of this server. null: there is nothing yet."""

    self: str
    cancel: str | None
    results: str | None


class BatchOut(BaseModel):
    """Jobs that were submitted together."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    counts: dict[State, int] = Field(description="how many of its jobs are in which state")
    jobs: list[JobOut] = Field(description="in the order of submission")
    webhook: WebhookOut | None = Field(description="null without `webhook_url`")
    links: BatchLinks


class JobErrorEvent(ErrorResponse):
    """The data of the event `error` of a job."""

    status: int = Field(description="the HTTP status that it would have had")
