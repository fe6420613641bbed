"""How a job is followed: silence is told, and the end of what is followed is an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from app.http.jobs.events import changes
from app.work.errors import ShuttingDown
from jobs.errors import UnknownJob
from jobs.job import Job

QUEUED = Job(uuid4(), "", "enhance", "", {}, "jobs/a/photo")


def following(*seen: Job, after_s: float = 0.0, then: Job | None = None, draining: bool = False) -> list[Job | None]:
    """What is told of a job of which the engine sees this, and `after_s` seconds later its end."""

    async def watch(number: object, owner: str) -> AsyncGenerator[Job, None]:
        for job in seen:
            yield job
        await asyncio.sleep(after_s)
        if then is not None:
            yield then

    async def follow() -> list[Job | None]:
        jobs: Any = SimpleNamespace(engine=SimpleNamespace(watch=watch))
        service: Any = SimpleNamespace(draining=draining)
        return [job async for job in changes(QUEUED, jobs, service, silence_s=1.0)]

    return asyncio.run(follow())


def test_a_job_is_followed_to_its_end() -> None:
    running, done = (Job(QUEUED.id, "", "enhance", "", {}, "k", state=state) for state in ("running", "succeeded"))
    assert following(running, done, QUEUED) == [QUEUED, running, done]


def test_silence_is_told() -> None:
    done = Job(QUEUED.id, "", "enhance", "", {}, "k", state="succeeded")
    assert following(after_s=2.2, then=done) == [QUEUED, None, None, done]


def test_a_deleted_job_and_a_server_that_stops_end_it() -> None:
    with pytest.raises(UnknownJob, match="was deleted"):
        following()
    with pytest.raises(ShuttingDown):
        following(draining=True)
    with pytest.raises(ShuttingDown):
        following(after_s=60, draining=True)
