"""Stores that hang, stop and come back: who asks them waits a few times, then not, and then is served again."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import stamina
from uuid_utils.compat import uuid7

from jobs import breakers
from jobs.breakers import FAILURES, PAUSE_S, StoreBreaker
from jobs.errors import StoreUnavailable
from jobs.job import Job
from jobs.keys import photo_key
from jobs.objects import ObjectStore, open_objects
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from tests.jobs.postgres import needs_postgres, postgres_running
from tests.jobs.store.samples import LEASE, begun, result_of

KEY = photo_key(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def impatient() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


async def fails(call: Awaitable[object]) -> float:
    """The seconds until this says that the store is unavailable."""
    begun_at = time.monotonic()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await call
    return time.monotonic() - begun_at


async def fails_soon_once_it_failed(ask: Callable[[], Awaitable[object]], breaker: StoreBreaker | None) -> None:
    assert breaker is not None
    waits = await asyncio.gather(*(fails(ask()) for _ in range(FAILURES)))
    assert min(waits) > 0.3
    assert breaker.state == "open"
    assert max([await fails(ask()) for _ in range(50)]) < 0.1


def test_a_database_that_hangs_is_not_waited_for(hanging: int, impatient: None) -> None:
    async def main() -> None:
        store = JobStore(engine_for(f"postgresql://somebody@127.0.0.1:{hanging}/jobs?connect_timeout=2"))
        await fails_soon_once_it_failed(lambda: store.get(uuid7(), "ada"), store.breaker)
        await store.close()

    asyncio.run(main())


def test_an_object_store_that_hangs_is_not_waited_for(hanging: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{hanging}")

    async def main() -> None:
        objects = open_objects("s3://photos", timeout_s=0.5)
        await fails_soon_once_it_failed(lambda: objects.read(KEY, max_bytes=1), objects.breaker)
        for call in (objects.put(KEY, b"1"), objects.delete([KEY]), anext(objects.list()), objects.stream(KEY)):
            assert await fails(call) < 0.1

    asyncio.run(main())


@needs_postgres
def test_a_job_in_work_outlives_a_restart_of_the_database(impatient: None) -> None:
    """As `Attempt` does it: again every second until its lease ends."""

    async def surely(store: JobStore, job: Job) -> Job:
        async with asyncio.timeout(LEASE):
            while True:
                try:
                    return await store.succeed(job, result_of(job), {})
                except StoreUnavailable:
                    await asyncio.sleep(0.2)

    async def main() -> None:
        with postgres_running() as server:
            store = await open_store(server.empty())
            assert store.breaker is not None
            job = await begun(store)
            await asyncio.to_thread(server.kill)
            for _ in range(FAILURES):
                await fails(store.beat(job, LEASE, stage="restoration", fraction=0.5))
            assert store.breaker.state == "open"
            await asyncio.to_thread(server.start)
            back_at = time.monotonic()
            assert (await surely(store, job)).state == "succeeded"
            assert time.monotonic() - back_at < PAUSE_S + 3
            assert store.breaker.state == "closed"
            await store.close()

    asyncio.run(main())


def test_files_have_none(tmp_path: Path) -> None:
    async def main() -> tuple[JobStore, ObjectStore]:
        store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
        await store.close()
        return store, open_objects(f"file://{tmp_path}/objects")

    store, objects = asyncio.run(main())
    assert store.breaker is objects.breaker is open_objects("memory://").breaker is None
    assert breakers.Breakers(store.breaker, objects.breaker, None).states() == {}
