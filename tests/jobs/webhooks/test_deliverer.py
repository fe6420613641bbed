"""Messages reach their receivers: at least once, signed, again after a failure, and from one sender at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from app.access.webhook_secrets import parse_webhook_secrets
from app.sources.poster import Poster
from jobs.breakers import FAILURES
from jobs.errors import StoreUnavailable
from jobs.job import Batch, Job, JobError
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.webhooks import deliverer as deliverers
from jobs.webhooks.deliverer import AT_ONCE, Deliverer
from jobs.webhooks.webhook import Webhook
from tests.app.sources.web import PUBLIC, Names, redirect, response
from tests.jobs.store.samples import HOUR, new_job
from tests.jobs.webhooks.receiver import SECRET, URL, receiving

pytestmark = pytest.mark.anyio

ERROR = JobError("A sentence.", "decode", "broken_image")


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str | None]]:
    """What pauses were asked for; they are short here."""
    seen: list[tuple[int, str | None]] = []

    def soon(attempts: int, retry_after: str | None) -> float:
        seen.append((attempts, retry_after))
        return 0.05

    monkeypatch.setattr(deliverers, "POLL_S", 0.02)
    monkeypatch.setattr(deliverers, "delay_s", soon)
    return seen


def described(subject: Job | Batch) -> Mapping[str, Any]:
    return {"id": str(subject.id)}


def sender(store: JobStore, poster: Poster) -> Deliverer:
    return Deliverer(store, poster, parse_webhook_secrets(SECRET), described)


async def ended(store: JobStore, url: str = URL) -> UUID:
    """A job that is over and has not told it yet."""
    job, _ = await store.add(new_job(), keep_s=HOUR, error=ERROR, webhook_url=url)
    return job.id


async def reached(store: JobStore, job_id: UUID, wanted: Callable[[Webhook], bool]) -> Webhook:
    async with asyncio.timeout(20):
        while True:
            webhook = await store.outbox.webhook(job_id)
            assert webhook is not None
            if wanted(webhook):
                return webhook
            await asyncio.sleep(0.02)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 # another thread changes it
            await asyncio.sleep(0.005)


def is_over(webhook: Webhook) -> bool:
    return webhook.state != "waiting"


async def sent(store: JobStore, poster: Poster, scene: Callable[[Deliverer], Awaitable[None]]) -> None:
    """The scene, while messages are sent."""
    deliverer = sender(store, poster)
    deliverer.start()
    try:
        await scene(deliverer)
    finally:
        await deliverer.stop()


async def test_a_message_tells_of_the_end(store: JobStore) -> None:
    job_id = await ended(store)
    with receiving(204) as receiver:

        async def scene(_: Deliverer) -> None:
            assert await reached(store, job_id, is_over) == Webhook("delivered", 1, 204)

        await sent(store, receiver.poster(), scene)
    (message,) = receiver.messages
    assert (message["type"], message["data"]) == ("job.failed", {"id": str(job_id)})
    assert message["timestamp"].endswith("+00:00")
    assert receiver.ids[0] != str(job_id)


async def test_a_batch_is_told_without_its_jobs(store: JobStore) -> None:
    number = uuid7()
    faulty = [(new_job(batch=number), ERROR)]
    batch = await store.add_batch(number, "ada", keep_s=HOUR, submitted=faulty, webhook_url=URL)
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, batch.id, is_over)

        await sent(store, receiver.poster(), scene)
    assert [(each["type"], each["data"]) for each in receiver.messages] == [("batch.finished", {"id": str(batch.id)})]


async def test_what_is_not_accepted_is_sent_again(store: JobStore, asked: list[tuple[int, str | None]]) -> None:
    job_id = await ended(store)
    busy = response(b"", "503 Busy", ["Retry-After: 7"])
    with receiving(500, 302, busy, 404, 200) as receiver:

        async def scene(_: Deliverer) -> None:
            assert await reached(store, job_id, is_over) == Webhook("delivered", 5, 200)

        await sent(store, receiver.poster(), scene)
    assert asked == [(1, None), (2, None), (3, "7"), (4, None)]
    assert len(set(receiver.ids)) == 1  # by which a receiver knows that it is the same message
    assert len(set(receiver.bodies)) == 1


async def test_a_receiver_that_is_gone_gets_nothing_more(store: JobStore) -> None:
    job_id = await ended(store)
    with receiving(410) as receiver:

        async def scene(_: Deliverer) -> None:
            assert await reached(store, job_id, is_over) == Webhook("failed", 1, 410)
            await asyncio.sleep(0.2)

        await sent(store, receiver.poster(), scene)
    assert len(receiver.messages) == 1


async def test_a_silent_receiver_counts_as_none(store: JobStore) -> None:
    job_id = await ended(store)
    with receiving(None, 200) as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, job_id, lambda webhook: webhook == Webhook("waiting", 1, None))
            assert await reached(store, job_id, is_over) == Webhook("delivered", 2, 200)

        await sent(store, receiver.poster(timeout_s=0.3), scene)


async def test_a_name_that_leads_home_is_not_contacted(store: JobStore) -> None:
    """When the message was asked for, the name was public. It is looked up when it is sent, and each time again."""
    job_id = await ended(store)
    names = Names({"shop.example.org": [["127.0.0.1"], ["169.254.169.254"], [PUBLIC, "10.0.0.1"], [PUBLIC]]})
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            assert await reached(store, job_id, is_over) == Webhook("delivered", 4, 200)

        await sent(store, receiver.poster(names), scene)
        assert receiver.there.network.connected == [(PUBLIC, 80)]


async def test_a_redirect_to_metadata_is_not_followed(store: JobStore) -> None:
    job_id = await ended(store)
    with receiving(redirect("http://169.254.169.254/latest/meta-data/", 307), 200) as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, job_id, is_over)

        await sent(store, receiver.poster(), scene)
        assert receiver.there.network.connected == [(PUBLIC, 80)] * 2


async def test_two_senders_send_each_message_once(store: JobStore, database: str) -> None:
    job_ids = [await ended(store) for _ in range(30)]
    other = await open_store(database)
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            async def beside(_: Deliverer) -> None:
                for job_id in job_ids:
                    await reached(store, job_id, is_over)

            await sent(other, receiver.poster(), beside)

        await sent(store, receiver.poster(), scene)
    assert len(receiver.ids) == len(set(receiver.ids)) == len(job_ids)
    await other.close()


async def test_a_sender_that_dies_leaves_its_message_to_another(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await ended(store)
    assert len(await store.outbox.claim(0.5, limit=9)) == 1  # whoever did this sends nothing
    begun = time.monotonic()
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, job_id, is_over)

        await sent(store, receiver.poster(), scene)
    assert time.monotonic() - begun > 0.4
    assert len(receiver.messages) == 1


async def test_a_sender_that_stops_ends_what_is_on_its_way(store: JobStore) -> None:
    job_id = await ended(store)
    with receiving(200) as receiver:

        async def scene(_: Deliverer) -> None:
            await until(lambda: bool(receiver.messages))

        await sent(store, receiver.poster(), scene)
    assert await store.outbox.webhook(job_id) == Webhook("delivered", 1, 200)


async def test_a_host_that_is_away_is_left_alone(store: JobStore) -> None:
    for _ in range(3 * AT_ONCE):
        await ended(store)
    with receiving(500) as receiver:

        async def scene(deliverer: Deliverer) -> None:
            await until(lambda: deliverer.breakers.state == "open")
            await asyncio.sleep(0.3)
            seen = len(receiver.messages)
            assert FAILURES <= seen < FAILURES + AT_ONCE
            other = await ended(store, "http://other.example.org/")
            await reached(store, other, lambda webhook: webhook.attempts > 0)
            assert len(receiver.messages) == seen + 1

        await sent(store, receiver.poster(), scene)


async def test_a_database_that_is_away_does_not_end_the_sender(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await ended(store)
    claim, faults = store.outbox.claim, [StoreUnavailable("It does not answer."), RuntimeError("another")]

    async def failing(lease_s: float, **others: Any) -> Any:
        if faults:
            raise faults.pop()
        return await claim(lease_s, **others)

    monkeypatch.setattr(store.outbox, "claim", failing)
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, job_id, is_over)

        await sent(store, receiver.poster(), scene)


async def test_a_job_that_is_deleted_while_its_message_is_sent(store: JobStore) -> None:
    job_id = await ended(store)
    (delivery,) = await store.outbox.claim(60, limit=1)
    await store.delete(job_id, "ada")
    with receiving() as receiver:
        await sender(store, receiver.poster())._deliver(delivery, give_up_at=time.monotonic() + 60)
    assert receiver.messages == []


async def test_an_address_that_is_damaged_hinders_no_other(store: JobStore, database: str) -> None:
    damaged, sound = await ended(store), await ended(store, "http://other.example.org/")
    engine = engine_for(database)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE deliveries SET url = 'no address' WHERE url LIKE '%canary%'"))
    await engine.dispose()
    with receiving() as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, sound, is_over)
            await reached(store, damaged, lambda webhook: webhook.attempts > 0)

        await sent(store, receiver.poster(), scene)


async def test_no_address_is_logged(store: JobStore, caplog: pytest.LogCaptureFixture) -> None:
    job_id = await ended(store)
    with caplog.at_level(logging.DEBUG), receiving(500, None, 200) as receiver:

        async def scene(_: Deliverer) -> None:
            await reached(store, job_id, is_over)

        await sent(store, receiver.poster(timeout_s=0.3), scene)
    ours = [record.getMessage() for record in caplog.records if record.name == "likeness"]
    assert any("answer 500" in line for line in ours)
    assert "canary" not in "".join(ours)
    assert "shop.example.org" not in "".join(ours)
