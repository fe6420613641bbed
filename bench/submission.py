"""How long `POST /api/v1/jobs` takes while others wait: `python -m bench.submission [--waiting 10000] [--busy]`.

One client submits a photo of 512 × 512 after the other, with a pause between two, over one connection, to SQLite and a
folder. With `--busy` the embedded models work the jobs off meanwhile, on the same cores; without, a job stands still.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import skimage.data
from sqlalchemy import update

from app.settings import Settings
from bench.job_table import DAY, RUNNING, fill
from bench.table import markdown
from jobs.places import open_places
from jobs.store.tables import jobs
from jobs.store.transaction import transact
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

SUBMITTED = 300
PAUSE_S = 0.02
JOBS = "/api/v1/jobs"


def measure(waiting: int, *, busy: bool, submitted: int = SUBMITTED) -> list[str]:
    """A row of the table: jobs that wait, and the milliseconds of a submission."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        models = None if busy else FakeModels()
        with serving(models, data_dir=data) as server:
            if models is not None:
                models.detector.gate.clear()
            _submit(server)  # the first one is slower
            asyncio.run(_fill(data, waiting, behind=busy))
            taken = np.asarray([_submit(server) for _ in range(submitted)]) * 1000
            if models is not None:
                models.detector.gate.set()
        median, most, longest = np.median(taken), np.percentile(taken, 99), taken.max()
    return [f"{waiting}", "at work" if busy else "stands still", f"{median:.1f}", f"{most:.1f}", f"{longest:.1f}"]


def _submit(server: Likeness) -> float:
    """Seconds of one submission."""
    time.sleep(PAUSE_S)
    start = time.perf_counter()
    response = server.client.post(JOBS, files={"file": ("photo.jpg", _PHOTO.getvalue())})
    taken = time.perf_counter() - start
    response.raise_for_status()
    return taken


async def _fill(data: Path, waiting: int, *, behind: bool) -> None:
    """Add jobs that wait; `behind` those that are submitted later, because they have no photos to work on."""
    store, _ = await open_places(Settings(data_dir=data))
    await transact(store._engine, lambda connection: fill(connection, waiting + RUNNING, waiting))
    if behind:
        later = update(jobs).where(jobs.c.owner != "").values(created_at=jobs.c.created_at + DAY)
        await transact(store._engine, lambda connection: connection.execute(later))
    await store.close()


_PHOTO = BytesIO()
PIL.Image.fromarray(skimage.data.astronaut()).save(_PHOTO, "JPEG", quality=90)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=10_000, help="jobs that wait already")
    parser.add_argument("--busy", action="store_true", help="while the engine does another job")
    parsed = parser.parse_args()
    rows = [measure(waiting, busy=parsed.busy) for waiting in (0, parsed.waiting)]
    print(markdown(["jobs that wait", "the engine", "median ms", "p99 ms", "longest ms"], rows))
