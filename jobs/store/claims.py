"""Begins attempts at jobs. Two claims never give the same job, in whatever processes they are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.work.order import Task
from jobs.job import Job, JobError
from jobs.store import attempts
from jobs.store.clock import now
from jobs.store.rows import job_of
from jobs.store.tables import QUEUED, RUNNING, WAITS, jobs
from jobs.store.turns import PLACE

LAPSED = RUNNING & (jobs.c.lease_until <= now())

_ENDED_PER_CLAIM = 20


@dataclass(slots=True)
class Claim:
    """What a claim has found: the job that it begins, if any, those that it ended, and those that had lost a worker."""

    job: Job | None = None
    ended: list[Job] = field(default_factory=list)
    lost: list[Job] = field(default_factory=list)


async def claim(
    connection: AsyncConnection,
    lease_s: float,
    job_id: UUID | None,
    max_attempts: int,
    kinds: Collection[Task] | None = None,
) -> Claim:
    """See `JobStore.claim`."""
    found = Claim()
    await _end_hopeless(connection, max_attempts, found)
    # Whose lease has ended has waited longest.
    lapsed = (await connection.execute(next_lapsed(max_attempts, job_id, kinds))).one_or_none()
    chosen = jobs.c.id == (next_queued(job_id, kinds).scalar_subquery() if lapsed is None else lapsed.id)
    row = (await connection.execute(_begin(lease_s).where(chosen).returning(jobs))).one_or_none()
    if row is not None:
        found.job = job_of(row)
        if lapsed is not None and lapsed.stage != WAITS:
            found.lost.append(found.job)
    return found


def _begin(lease_s: float) -> Update:
    return update(jobs).values(
        state="running",
        attempt=jobs.c.attempt + 1,
        lease_until=now() + lease_s,
        started_at=now(),
        stage=None,
        fraction=0.0,
    )


def next_queued(job_id: UUID | None = None, kinds: Collection[Task] | None = None) -> Select[UUID]:
    """The query for the queued job whose turn it is and that no other claim holds, or for the one with this id."""
    return _next(QUEUED, job_id, kinds).order_by(*PLACE)


def next_lapsed(
    max_attempts: int, job_id: UUID | None = None, kinds: Collection[Task] | None = None
) -> Select[UUID, str | None]:
    """The query for the job whose lease ended first and that no other claim holds, or for the one with this id.

    Its rows have the stage that the lost attempt had reached beside the id.
    """
    due = _next(LAPSED & ~_is_hopeless(max_attempts), job_id, kinds).order_by(jobs.c.lease_until)
    return due.add_columns(jobs.c.stage)


async def _end_hopeless(connection: AsyncConnection, max_attempts: int, found: Claim) -> None:
    """End the jobs that lost their worker and are not to be begun again: cancelled, or tried often enough."""
    hopeless = select(jobs).where(LAPSED, _is_hopeless(max_attempts)).limit(_ENDED_PER_CLAIM)
    rows = (await connection.execute(hopeless.with_for_update(skip_locked=True))).all()
    # The end of a job locks its batch's delivery. In one order, no two transactions wait for each other.
    for job in sorted(map(job_of, rows), key=lambda job: str(job.batch)):
        found.lost.append(job)
        if job.is_cancelling:
            ended = await attempts.end_cancelled(connection, job)
        else:
            attempts_made = job.attempt - job.releases
            times = "once" if attempts_made == 1 else f"{attempts_made} times"
            message = f"The job was begun {times}, and its worker stopped each time before it was done."
            error = JobError(message, job.stage or "queue", "attempts_exhausted")
            ended = await attempts.fail(connection, job, error)
        found.ended.append(ended)


def _is_hopeless(max_attempts: int) -> ColumnElement[bool]:
    return jobs.c.is_cancelling | (jobs.c.attempt - jobs.c.releases >= max_attempts)


def _next(condition: ColumnElement[bool], job_id: UUID | None, kinds: Collection[Task] | None) -> Select[UUID]:
    query = select(jobs.c.id).where(condition).limit(1).with_for_update(skip_locked=True)
    if kinds is not None:
        query = query.where(jobs.c.kind.in_(sorted(kinds)))
    return query if job_id is None else query.where(jobs.c.id == job_id)
