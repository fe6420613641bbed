"""Any order of calls leaves the table as a simple model says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobs.errors import IdempotencyMismatch, LeaseLost, UnknownJob
from jobs.job import FINAL, Job, JobError, State
from jobs.store.store import open_store
from tests.jobs.store.samples import ATTEMPTS, HOUR, new_job, result_of

# Hypothesis looks for a short example of a failure for up to five minutes.
pytestmark = pytest.mark.timeout(400)

T = TypeVar("T")

OWNERS = ("ada", "eve")
leases = st.sampled_from((0.0, HOUR))  # the first ends at once
picks = st.integers(0, 30)


@dataclass
class Known:
    """What the model knows of a job. `has_lapsed`: the lease of its attempt has ended."""

    owner: str
    key: str | None
    asked_hash: str
    is_due: bool
    turn: int = 0
    state: State = "queued"
    attempt: int = 0
    releases: int = 0
    has_lapsed: bool = False
    is_cancelling: bool = False

    def ends(self, state: State) -> None:
        self.state, self.is_cancelling, self.has_lapsed = state, False, False


class TableOfJobs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = self.run(open_store("sqlite://"))
        self.jobs: dict[UUID, Known] = {}  # in order of submission
        self.attempts: list[Job] = []  # all that were ever begun

    def run(self, call: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await call

        return self.runner.run(awaited())

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()

    @rule(
        owner=st.sampled_from(OWNERS),
        key=st.sampled_from((None, None, "k", "l")),
        asked_hash=st.sampled_from(("g", "h")),
        is_due=st.booleans(),
    )
    def add(self, owner: str, key: str | None, asked_hash: str, is_due: bool) -> None:
        request = new_job(owner, idempotency_key=key, asked_hash=asked_hash)
        call = self.store.add(request, keep_s=-1 if is_due else HOUR)
        same = [id_ for id_, known in self.jobs.items() if key is not None and (known.owner, known.key) == (owner, key)]
        if same and self.jobs[same[0]].asked_hash != asked_hash:
            with pytest.raises(IdempotencyMismatch):
                self.run(call)
            return
        job, is_new = self.run(call)
        assert (job.id, is_new) == ((same[0], False) if same else (request.id, True))
        if is_new:
            queue = [known for known in self.jobs.values() if known.state == "queued"]
            present = min((known.turn for known in queue), default=0)
            turn = max([present, *(known.turn + 1 for known in queue if known.owner == owner)])
            self.jobs[job.id] = Known(owner, key, asked_hash, is_due, turn)

    @rule(lease_s=leases, pick=st.none() | picks)
    def claim(self, lease_s: float, pick: int | None) -> None:
        wanted = None if pick is None or not self.jobs else list(self.jobs)[pick % len(self.jobs)]
        for known in self.jobs.values():
            if known.has_lapsed and known.is_cancelling:
                known.ends("cancelled")
            elif known.has_lapsed and known.attempt - known.releases >= ATTEMPTS:
                known.ends("failed")
        lapsed = [id_ for id_, known in self.jobs.items() if known.has_lapsed and wanted in (None, id_)]
        queued = [id_ for id_ in self.queue() if wanted in (None, id_)]
        job = self.run(self.store.claim(lease_s, job_id=wanted, max_attempts=ATTEMPTS))
        if job is None:
            assert not lapsed
            assert not queued
            return
        assert job.id in (lapsed or queued[:1])
        known = self.jobs[job.id]
        known.state, known.attempt, known.has_lapsed = "running", known.attempt + 1, lease_s == 0
        assert (job.attempt, job.state, job.is_cancelling) == (known.attempt, "running", known.is_cancelling)
        self.attempts.append(job)

    @precondition(lambda self: self.attempts)
    @rule(pick=picks, lease_s=leases)
    def beat(self, pick: int, lease_s: float) -> None:
        job = self.attempts[pick % len(self.attempts)]
        call, known = self.store.beat(job, lease_s, stage="restore", fraction=0.5), self.living(job)
        if known is None:
            self.refused(call)
        else:
            assert self.run(call) == known.is_cancelling
            known.has_lapsed = lease_s == 0

    @precondition(lambda self: self.attempts)
    @rule(pick=picks, way=st.sampled_from(("succeed", "fail", "end_cancelled", "release", "release that counts")))
    def end(self, pick: int, way: str) -> None:
        job = self.attempts[pick % len(self.attempts)]
        calls: dict[str, Callable[[], Awaitable[Job]]] = {
            "succeed": lambda: self.store.succeed(job, result_of(job, job.attempt), {}),
            "fail": lambda: self.store.fail(job, JobError("It is damaged.", "decode", "broken_image")),
            "end_cancelled": lambda: self.store.end_cancelled(job),
            "release": lambda: self.store.release(job),
            "release that counts": lambda: self.store.release(job, counts=True),
        }
        known = self.living(job)
        if known is None:
            self.ended_before(job, calls[way])
            return
        states: dict[str, State] = {"succeed": "succeeded", "fail": "failed", "end_cancelled": "cancelled"}
        state = states.get(way, "cancelled" if known.is_cancelling else "queued")
        known.releases += way == "release"
        known.ends(state)
        assert self.run(calls[way]()).state == state

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, owner=st.sampled_from(OWNERS), deletes=st.booleans())
    def cancel_or_delete(self, pick: int, owner: str, deletes: bool) -> None:
        job_id = list(self.jobs)[pick % len(self.jobs)]
        known = self.jobs[job_id]
        call = self.store.delete(job_id, owner) if deletes else self.store.cancel(job_id, owner)
        if known.owner != owner:
            with pytest.raises(UnknownJob):
                self.run(call)
            return
        job = self.run(call)
        if deletes:
            del self.jobs[job_id]
        elif known.state == "queued":
            known.ends("cancelled")
        elif known.state == "running":
            known.is_cancelling = True
        assert (job.state, job.is_cancelling) == (known.state, known.is_cancelling)

    @rule()
    def expire(self) -> None:
        due = [
            id_ for id_, known in self.jobs.items() if known.is_due and (known.state != "running" or known.has_lapsed)
        ]
        assert {job.id for job in self.run(self.store.expire(100))} == set(due)
        for job_id in due:
            del self.jobs[job_id]

    @invariant()
    def the_table_is_as_the_model(self) -> None:
        for owner in OWNERS:
            seen = self.run(self.store.page(owner, limit=100))
            wanted = [(id_, known) for id_, known in reversed(self.jobs.items()) if known.owner == owner]
            assert [job.id for job in seen] == [id_ for id_, _ in wanted]
            for job, (_, known) in zip(seen, wanted, strict=True):
                assert (job.state, job.attempt, job.releases) == (known.state, known.attempt, known.releases)
                assert job.is_cancelling == known.is_cancelling
                assert (job.result is not None) == (job.state == "succeeded")
                assert (job.error is not None) == (job.state == "failed")
                assert (job.finished_at is not None) == (job.state in FINAL)
                assert (job.lease_until is not None) == (job.state == "running")

    @invariant()
    def positions_are_as_the_model(self) -> None:
        queue = self.queue()
        if queue:
            last = self.run(self.store.get(queue[-1], self.jobs[queue[-1]].owner))
            assert self.run(self.store.position(last)) == len(queue) - 1

    def queue(self) -> list[UUID]:
        """The queued jobs in the order in which they are begun."""
        queued = [id_ for id_, known in self.jobs.items() if known.state == "queued"]
        return sorted(queued, key=lambda id_: self.jobs[id_].turn)

    def living(self, job: Job) -> Known | None:
        """What the model knows of the job if this attempt still counts."""
        known = self.jobs.get(job.id)
        return known if known is not None and (known.state, known.attempt) == ("running", job.attempt) else None

    def refused(self, call: Awaitable[object]) -> None:
        with pytest.raises(LeaseLost):
            self.run(call)

    def ended_before(self, job: Job, call: Callable[[], Awaitable[Job]]) -> None:
        """It is refused, or answered as it was the first time; the invariants see that it changes nothing."""
        known = self.jobs.get(job.id)
        try:
            answer = self.run(call())
        except LeaseLost:
            return
        assert known is not None
        assert (answer.state, answer.attempt) == (known.state, job.attempt)


TestTableOfJobs = TableOfJobs.TestCase
TestTableOfJobs.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
