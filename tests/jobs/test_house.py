"""A server with a place for jobs does them while it runs, and stops in time; one without knows nothing of jobs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from uuid_utils.compat import uuid7

from app.__main__ import main
from app.settings import Settings
from jobs.engine import in_process
from jobs.job import Job, NewJob
from jobs.keys import photo_key
from jobs.objects import ObjectStore
from jobs.places import open_places
from jobs.run import payload
from jobs.store.store import JobStore
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import NO_WEBSITE, eventually, serving
from tests.app.work.services import order
from tests.jobs.workplace import OWNER

Answer = TypeVar("Answer")
ROOT = Path(__file__).parents[2]


def on_places(folder: Path, ask: Callable[[JobStore, ObjectStore], Awaitable[Answer]]) -> Answer:
    """Ask the places of a server, from outside."""

    async def asked() -> Answer:
        store, objects = await open_places(Settings(data_dir=folder))
        try:
            return await ask(store, objects)
        finally:
            await store.close()

    return asyncio.run(asked())


def submitted(folder: Path) -> Job:
    async def submit(store: JobStore, objects: ObjectStore) -> Job:
        job_id = uuid7()
        await objects.put(photo_key(job_id), samples.no_face())
        asked = payload.dump(order(samples.no_face()))
        job, _ = await store.add(NewJob(job_id, OWNER, "upscale", "a.jpg", asked, photo_key(job_id)), keep_s=3600)
        return job

    return on_places(folder, submit)


def now(folder: Path, job: Job) -> Job:
    return on_places(folder, lambda store, _: store.get(job.id, OWNER))


def test_a_server_does_jobs_and_puts_them_back_when_it_stops(
    tmp_path: Path, fakes: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_process, "POLL_S", 0.05)
    first = submitted(tmp_path)
    with serving(fakes, data_dir=tmp_path, drain_s=0) as server:
        eventually(lambda: now(tmp_path, first).state == "succeeded")
        jobs = server.app.state.jobs
        assert jobs.keep_s == 24 * 3600
        fakes.upscaler.seconds, fakes.upscaler.tiles = 0.1, 0
        second = submitted(tmp_path)
        eventually(lambda: fakes.upscaler.tiles)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 5
    left = now(tmp_path, second)
    assert (left.state, left.attempt - left.releases) == ("queued", 0)


def test_without_a_place_there_are_no_jobs(fakes: FakeModels) -> None:
    with serving(fakes) as server:
        assert server.app.state.jobs is None


def test_without_a_place_nothing_of_jobs_is_imported() -> None:
    program = (
        "import sys; from app.application import create_app; from app.settings import Settings;"
        f"create_app(Settings(models='embedded', device='cpu', web_dir={str(NO_WEBSITE)!r}));"
        "print([name for name in sys.modules if name.split('.')[0] in ('sqlalchemy', 'alembic', 'obstore')"
        " or name.startswith('jobs.engine') or name.startswith('jobs.house')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_place_that_cannot_be_used_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("LIKENESS_DATA_DIR", str(file))
    assert main(["serve", "--port", "0"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"LIKENESS_DATA_DIR: {file} cannot be made: File exists."
