"""What was taken keeps its photos, though the answer to its submission was lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import StoreUnavailable
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import BATCHES, JOBS, keeping, objects_in, over
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness

PHOTO = samples.small_face()


@pytest.fixture(scope="module")
def server(folder: Path, models: FakeModels) -> Iterator[Likeness]:
    with keeping(folder, models) as likeness:
        yield likeness


@pytest.mark.parametrize(("path", "call"), [(JOBS, "add"), (BATCHES, "add_batch"), (BATCHES, "batch")])
def test_a_database_that_is_lost_when_it_was_written(
    server: Likeness, monkeypatch: pytest.MonkeyPatch, path: str, call: str
) -> None:
    """The commit came through, and its answer, or the next one, did not."""
    store = server.app.state.jobs.store
    kept = getattr(store, call)

    async def away(*given: Any, **named: Any) -> None:
        await kept(*given, **named)
        raise StoreUnavailable("The database does not answer.")

    before = {job["id"] for job in server.client.get(JOBS).json()["jobs"]}
    with monkeypatch.context() as patched:
        patched.setattr(store, call, away)
        refused = server.client.post(path, files=[("file", PHOTO)])
        assert_refused(refused, 503, "store_unavailable", "store")
    (taken,) = [job for job in server.client.get(JOBS).json()["jobs"] if job["id"] not in before]
    assert over(server, f"{JOBS}/{taken['id']}")["state"] == "succeeded"


def test_a_database_that_stays_away_leaves_the_photo_to_the_sweeper(
    server: Likeness, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("The database does not answer.")

    store, before = server.app.state.jobs.store, objects_in(folder)
    for call in ("add", "add_batch", "known"):
        monkeypatch.setattr(store, call, away)
    for number, path in enumerate((BATCHES, JOBS), start=1):
        assert_refused(server.client.post(path, files=[("file", PHOTO)]), 503, "store_unavailable", "store")
        assert len(objects_in(folder)) == len(before) + number
