"""Are all jobs done, once each, and what do they cost beside their work? `python -m bench.jobs --photos 200`.

Starts a server on the loopback interface with the embedded models, a table in SQLite and a folder for objects; with
`--broker` a table in PostgreSQL, an S3 store, Redis, and two workers in processes of their own. It submits so many
different photos of 512 × 512 pixels, waits until all are over, and compares some results with what `/enhance` answers
for the same photo. The overhead is the time of all workers, each from its first job's begin to its last one's end,
without the stages of their work, a job. Exit status 1 if a job failed, was begun twice, or has other pixels.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import numpy as np
import skimage.data

from bench.job_workers import workers
from bench.stopwatch import timed
from tests import images
from tests.app.server import ENHANCE, Likeness, serving

JOBS = "/api/v1/jobs"
COMPARED = 10  # results
WORKERS = 2
POLL_S = 0.5
PATIENCE = 600.0  # seconds, for one answer
PAGE = 200  # jobs, which is the most


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs", description="Work many jobs off.")
    parser.add_argument("--photos", type=int, default=200, help="jobs (default 200)")
    parser.add_argument("--broker", action="store_true", help="two workers behind Redis, with PostgreSQL and S3")
    parsed = parser.parse_args(arguments)
    photos = [photo(seed) for seed in range(parsed.photos)]
    places = workers(WORKERS) if parsed.broker else folder()
    with places as settings, serving(**settings, patience=PATIENCE) as server:
        ids, seconds = submit(server, photos)
        jobs = finished(server, len(photos))
        faults = [f"{job['file_name']}: {job['state']}, attempt {job['attempt']}" for job in jobs if not _is_right(job)]
        if sorted(job["id"] for job in jobs) != sorted(ids):
            faults.append("the jobs that are listed are not those that were submitted")
        faults += other_pixels(server, photos, ids)
    print(f"{len(jobs)} jobs; submitted in {median(seconds) * 1000:.1f} ms each, 99 % within {_p99(seconds):.1f} ms.")
    overhead = overhead_ms(jobs, WORKERS if parsed.broker else 1)
    print(f"Overhead: {overhead:.1f} ms a job beside its work of {mean(map(_worked_ms, jobs)):.0f} ms.")
    print("\n".join(faults) or f"Each was done once; {min(COMPARED, len(ids))} were compared with /enhance: the same.")
    return 1 if faults else 0


@contextmanager
def folder() -> Iterator[dict[str, Any]]:
    """The settings of a server that does its jobs itself, with all in a folder."""
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as name:
        yield {"data_dir": Path(name)}


def photo(seed: int) -> bytes:
    """The portrait with grain that no other seed gives, as PNG."""
    grain = np.random.default_rng(seed).normal(0, 3, (512, 512, 1))
    file: bytes = images.png(np.clip(skimage.data.astronaut() + grain, 0, 255).astype(np.uint8))
    return file


def submit(server: Likeness, photos: Sequence[bytes]) -> tuple[list[str], list[float]]:
    """The ids of the jobs of these photos, and how many seconds each submission took."""
    ids, seconds = [], []
    for index, file in enumerate(photos):
        files = {"file": (f"{index}.png", file)}
        answer, took = timed(partial(server.client.post, JOBS, files=files))
        answer.raise_for_status()
        ids.append(answer.json()["id"])
        seconds.append(took)
    return ids, seconds


def finished(server: Likeness, count: int) -> list[dict[str, Any]]:
    """All jobs of the server, once all of them are over."""
    while True:
        jobs: list[dict[str, Any]] = []
        following: str | None = f"{JOBS}?limit={PAGE}"
        while following is not None:
            page = server.client.get(following).raise_for_status().json()
            jobs, following = [*jobs, *page["jobs"]], page["next"]
        over = sum(job["state"] not in ("queued", "running") for job in jobs)
        print(f"{over} of {count} are over", file=sys.stderr, flush=True)
        if over == len(jobs):
            return jobs
        time.sleep(POLL_S + count / 100)


def other_pixels(server: Likeness, photos: Sequence[bytes], ids: Sequence[str]) -> list[str]:
    """A sentence for each job whose result differs from that of `/enhance`, of some that are looked at."""
    found = []
    for index in np.linspace(0, len(ids) - 1, min(COMPARED, len(ids))).round().astype(int):
        direct = server.client.post(ENHANCE, files={"file": photos[index]}, headers={"Accept": "image/png"})
        kept = server.client.get(f"{JOBS}/{ids[index]}/result")
        if direct.raise_for_status().content != kept.raise_for_status().content:
            found.append(f"{index}.png: the job has made another picture than /enhance")
    return found


def overhead_ms(jobs: Sequence[dict[str, Any]], workers: int = 1) -> float:
    """Milliseconds a job that the workers, who were never idle in between, have spent beside the stages of their work.

    The first jobs that begin and the last ones that end, as many as there are workers, bound the time of each worker.
    """
    begins, ends = (
        sorted(datetime.fromisoformat(job[name]).timestamp() for job in jobs) for name in ("started_at", "finished_at")
    )
    spent = sum(ends[-workers:]) - sum(begins[:workers])
    return spent * 1000 / len(jobs) - mean(map(_worked_ms, jobs))


def _worked_ms(job: dict[str, Any]) -> float:
    return float(sum(milliseconds for stage, milliseconds in job["timings_ms"].items() if stage != "queue"))


def _is_right(job: dict[str, Any]) -> bool:
    return (job["state"], job["attempt"]) == ("succeeded", 1)


def _p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1] * 1000


if __name__ == "__main__":
    sys.exit(main())
