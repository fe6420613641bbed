"""Photos of jobs that may be in the table stay, whatever went wrong after them: a job without its photo must fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from jobs.errors import StoreUnavailable
from jobs.store import store as stores
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, keeping, objects_at_rest, objects_in, over
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, eventually

PHOTO = samples.small_face()


@pytest.fixture
def server(folder: Path, models: FakeModels) -> Iterator[Likeness]:
    with keeping(folder, models) as likeness:
        yield likeness


@pytest.fixture
def lost_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What adds jobs is committed, but nobody hears of it."""
    adding: set[int] = set()
    commit = AsyncConnection.commit

    def noted(add: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def added(connection: AsyncConnection, *rest: Any) -> Any:
            adding.add(id(connection))
            return await add(connection, *rest)

        return added

    async def committed(connection: AsyncConnection) -> None:
        await commit(connection)
        if id(connection) in adding:
            adding.discard(id(connection))
            raise OperationalError("COMMIT", {}, Exception("connection lost"))

    for module in (stores.jobs, stores.batches):
        monkeypatch.setattr(module, "add", noted(module.add))
    monkeypatch.setattr(AsyncConnection, "commit", committed)
    with stamina.set_testing(True, attempts=2):
        yield


def sent(server: Likeness, path: str, **headers: str) -> httpx.Response:
    fields = {"upscale_factor": "1"}
    response: httpx.Response = server.client.post(path, files={"file": PHOTO}, data=fields, headers=headers)
    return response


def newest(server: Likeness) -> dict[str, Any]:
    job: dict[str, Any] = server.client.get(JOBS).json()["jobs"][0]
    return job


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_a_commit_whose_answer_is_lost(server: Likeness, lost_answers: None, path: str) -> None:
    assert_refused(sent(server, path), 503, "store_unavailable", "store")
    assert over(server, newest(server)["links"]["self"])["state"] == "succeeded"


def test_the_same_request_again_gets_the_job_whose_answer_was_lost(
    server: Likeness, folder: Path, monkeypatch: pytest.MonkeyPatch, lost_answers: None
) -> None:
    key = {"Idempotency-Key": "first"}
    assert sent(server, JOBS, **key).status_code == 503
    job = over(server, newest(server)["links"]["self"])
    stored = objects_in(folder)
    monkeypatch.undo()
    assert sent(server, JOBS, **key).json()["id"] == job["id"]
    assert objects_in(folder) == stored


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_a_request_that_is_ended_after_the_commit(server: Likeness, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """As the server ends what goes on when its grace is over."""
    store = server.app.state.jobs.store

    def ended(add: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def added(*values: Any, **others: Any) -> object:
            await add(*values, **others)
            raise asyncio.CancelledError

        return added

    for name in ("add", "add_batch"):
        monkeypatch.setattr(store, name, ended(getattr(store, name)))
    with suppress(httpx.HTTPError):
        sent(server, path)
    assert over(server, newest(server)["links"]["self"])["state"] == "succeeded"


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_a_table_that_goes_away_before_the_answer_is_made(
    server: Likeness, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("The database does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(server.app.state.jobs.store.outbox, "webhook", away)
        assert_refused(sent(server, path), 503, "store_unavailable", "store")
    assert over(server, newest(server)["links"]["self"])["state"] == "succeeded"


@pytest.mark.parametrize("path", [JOBS, BATCHES])
def test_a_commit_that_the_database_refuses(
    server: Likeness, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A full disk, for example: there is no job, so its photo goes."""
    before, refused = objects_at_rest(server, folder), Exception("database or disk is full")
    refused.sqlite_errorcode = 13  # type: ignore[attr-defined]

    async def full(connection: AsyncConnection) -> None:
        raise OperationalError("COMMIT", {}, refused)

    with monkeypatch.context() as patched, stamina.set_testing(True, attempts=2):
        patched.setattr(AsyncConnection, "commit", full)
        assert_refused(sent(server, path), 503, "store_unavailable", "store")
    eventually(lambda: objects_in(folder) == before)
