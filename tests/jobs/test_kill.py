"""A serving process that is killed loses no job: the next one does each once, with the right pixels."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from uuid_utils.compat import uuid7

from app.settings import Settings
from app.work.order import Order
from jobs.job import Job, NewJob
from jobs.keys import photo_key
from jobs.places import open_places
from jobs.run import payload
from pipeline.options import EnhanceOptions
from tests.app import samples
from tests.app.server import eventually, serving
from tests.jobs.workplace import OWNER

ROOT = Path(__file__).parents[2]
PATIENCE = 100.0  # seconds; the lease of a killed process ends after 30
JOBS = 12


@contextmanager
def serving_process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real server with the embedded models and this folder of data; it is killed at the end."""
    environment = os.environ | {
        "LIKENESS_DATA_DIR": str(folder),
        "LIKENESS_MODELS": "embedded",
        "LIKENESS_DRAIN_S": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "app", "serve", "--port", "0"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)


def photos() -> list[bytes]:
    return [samples.file_of(np.roll(samples.head(96 + n), n, axis=2), quality=80) for n in range(JOBS)]


async def submit(folder: Path) -> list[Job]:
    store, objects = await open_places(Settings(data_dir=folder))
    jobs = []
    for photo in photos():
        job_id = uuid7()
        await objects.put(photo_key(job_id), photo)
        asked = payload.dump(Order("enhance", photo, None, EnhanceOptions(require_face=False)))
        new = NewJob(job_id, OWNER, "enhance", "photo.jpg", asked, photo_key(job_id))
        jobs.append((await store.add(new, keep_s=3600))[0])
    await store.close()
    return jobs


async def states(folder: Path, jobs: list[Job]) -> list[Job]:
    store, _ = await open_places(Settings(data_dir=folder))
    now = [await store.get(job.id, OWNER) for job in jobs]
    await store.close()
    return now


async def pictures(folder: Path, jobs: list[Job]) -> list[bytes]:
    store, objects = await open_places(Settings(data_dir=folder))
    made = [job.result for job in jobs]
    found = [await objects.read(each.picture_key, max_bytes=2**30) for each in made if each is not None]
    kept = {entry.key async for entry in objects.list()}
    assert {key for job in jobs for key in job.keys} <= kept
    await store.close()
    return found


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    jobs = asyncio.run(submit(folder))
    for kill_at in (2, 5):  # jobs that are done, while the next one is in work
        with serving_process(folder) as process:
            eventually(lambda n=kill_at: done(folder, jobs) >= n or process.poll() is not None, PATIENCE)
            assert process.poll() is None
    assert done(folder, jobs) < JOBS
    with serving_process(folder):
        eventually(lambda: done(folder, jobs) == JOBS, PATIENCE)
    now = asyncio.run(states(folder, jobs))
    assert {(job.state, job.error) for job in now} == {("succeeded", None)}
    assert 1 <= sum(job.attempt - 1 for job in now) <= 2  # only what was in work was begun again
    with serving() as server:
        expected = [server.enhance(photo, accept="image/png", require_face=False).content for photo in photos()]
    assert asyncio.run(pictures(folder, now)) == expected


def done(folder: Path, jobs: list[Job]) -> int:
    """How many of the jobs are final."""
    time.sleep(0.02)
    return sum(job.is_final for job in asyncio.run(states(folder, jobs)))
