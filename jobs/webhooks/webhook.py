"""A webhook: the address that is told of the end of a job or of a batch, and what became of that."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

EventType: TypeAlias = Literal["job.succeeded", "job.failed", "job.cancelled", "batch.finished"]
WebhookState: TypeAlias = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """What a client sees of its webhook. `last_status`: of the last answer; None if none came.

    `waiting`: for the end, or for the next attempt. `failed`: the receiver said that it wants nothing more (410).
    """

    state: WebhookState
    attempts: int
    last_status: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that is to be sent now, about the job or about the batch. The other one is None.

    `id` is the message's name, which stays the same through all attempts. `url` may hold a secret of its receiver, so
    it is not shown. `host`: that of the `url`. `ended_at`, `due_at`: seconds since 1970 by the database's clock.
    `due_at` is when somebody else may send it; it is also the fencing token of this claim. `attempts`: made before.
    """

    id: UUID
    job: UUID | None
    batch: UUID | None
    owner: str
    url: str = field(repr=False)
    host: str = field(repr=False)
    type: EventType
    ended_at: float
    due_at: float
    attempts: int
