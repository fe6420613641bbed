"""Neither a host that hangs nor an owner with thousands of messages keeps those of others waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from app.access.webhook_secrets import parse_webhook_secrets
from jobs.job import Batch, Job, JobError
from jobs.store.store import JobStore
from jobs.webhooks import deliverer as deliverers
from jobs.webhooks.deliverer import AT_ONCE, Deliverer
from tests.jobs.store.samples import HOUR, new_job
from tests.jobs.webhooks.receiver import SECRET, receiving

pytestmark = pytest.mark.anyio

ERROR = JobError("A sentence.", "decode", "broken_image")
SOUND = "http://sound.example.org/"
TIMEOUT_S = 5.0


def described(subject: Job | Batch) -> Mapping[str, Any]:
    return {"id": str(subject.id)}


async def ended(store: JobStore, url: str, owner: str = "ada") -> UUID:
    """A job that is over and has not told it yet."""
    return (await store.add(new_job(owner), keep_s=HOUR, error=ERROR, webhook_url=url))[0].id


async def delivered(store: JobStore, job_id: UUID) -> None:
    while True:
        webhook = await store.outbox.webhook(job_id)
        assert webhook is not None
        if webhook.state == "delivered":
            return
        await asyncio.sleep(0.05)


async def soon_delivered(store: JobStore, job_id: UUID) -> None:
    """Well before what hangs is given up, the message about this job has come."""
    with receiving() as receiver:
        receiver.silent = "silent"
        deliverer = Deliverer(store, receiver.poster(timeout_s=TIMEOUT_S), parse_webhook_secrets(SECRET), described)
        begun = time.monotonic()
        deliverer.start()
        try:
            async with asyncio.timeout(2 * TIMEOUT_S):
                await delivered(store, job_id)
            assert time.monotonic() - begun < TIMEOUT_S / 2
        finally:
            await deliverer.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliverers, "POLL_S", 0.05)
    monkeypatch.setattr(deliverers, "STOP_S", 0.1)


async def test_a_host_that_hangs_keeps_no_other_waiting(store: JobStore) -> None:
    for _ in range(3 * AT_ONCE):
        await ended(store, "http://silent.example.org/")
    await soon_delivered(store, await ended(store, SOUND))


async def test_an_owner_with_many_hosts_that_hang_keeps_no_other_waiting(store: JobStore) -> None:
    for number in range(3 * AT_ONCE):
        await ended(store, f"http://{number}.silent.example.org/", "eve")
    await soon_delivered(store, await ended(store, SOUND))
