"""Times of the table of jobs with many rows: `python -m bench.job_table --rows 1000000`.

Fills SQLite, and PostgreSQL where it is installed, and prints milliseconds per call (median and 99th percentile), as a
process has them that calls one after the other. Both wait for the disk at each commit. Takes two minutes on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from jobs.job import Job, NewJob
from jobs.quota import Quota
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.store.transaction import transact
from tests.jobs.postgres import absence, postgres_running

OWNERS = 100
WAITING = 10_000
RUNNING = 8
DAY = 86_400.0

_SERIES = {
    "sqlite": (
        "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :rows)",
        "printf('%032x', n)",
        "printf('%012x', n)",
        "series",
    ),
    "postgresql": (
        "",
        "lpad(to_hex(n), 32, '0')::uuid",
        "lpad(to_hex(n), 12, '0')",
        "generate_series(1, :rows) AS series(n)",
    ),
}


async def fill(connection: AsyncConnection, rows: int, waiting: int) -> None:
    """Insert jobs of 100 owners: the last `waiting` are queued, 8 run, the others succeeded in the last day.

    And how many each owner has submitted in each of the last 24 hours, for the quotas.
    """
    start, identity, end_of_id, series = _SERIES[connection.dialect.name]
    statement = f"""
        INSERT INTO jobs (id, owner, kind, file_name, asked, input_key, state, attempt, releases, lease_until,
                          is_cancelling, fraction, timings_ms, created_at, expires_at, kept_bytes)
        {start} SELECT {identity}, 'owner-' || (n % {OWNERS}), 'enhance', 'photo-' || n || '.jpg',
            '{{"options": {{"fidelity": 0.5, "scale": 2, "background": true}}, "output": {{"format": "png"}}}}',
            'jobs/00000000-0000-0000-0000-' || {end_of_id} || '/photo',
            CASE WHEN n > :running THEN 'queued' WHEN n > :done THEN 'running' ELSE 'succeeded' END,
            1, 0, CASE WHEN n > :done AND n <= :running THEN :now + 3600.0 END, false, 1.0, '{{}}',
            :now - (:rows - n) * 0.08, :now - (:rows - n) * 0.08 + {DAY}, 1000000 FROM {series}"""
    numbers = {"rows": rows, "running": rows - waiting, "done": rows - waiting - RUNNING, "now": time.time()}
    await connection.execute(text(statement), numbers)
    hours = f"""
        INSERT INTO submissions (owner, hour, number)
        {start} SELECT 'owner-' || (n % {OWNERS}), :hour - n / {OWNERS}, 400 FROM {series}"""
    await connection.execute(text(hours), {"rows": 24 * OWNERS - 1, "hour": int(numbers["now"] // 3600)})
    await connection.execute(text("ANALYZE"))


def new_job(**changes: Any) -> NewJob:
    """A job of one of the owners."""
    job_id: UUID = uuid7()
    return NewJob(
        job_id, "owner-7", "enhance", "photo.jpg", {"options": {"fidelity": 0.5}}, f"jobs/{job_id}/photo", **changes
    )


async def measure(store: JobStore, limited: JobStore, repetitions: int) -> dict[str, list[float]]:
    """The milliseconds of each call, by its name. `limited`: the same table with quotas."""
    newest = await store.page("owner-7", limit=50)
    middle = newest
    for _ in range(20):
        middle = await store.page("owner-7", before=middle[-1].id, limit=50) or middle
    last = (await store.page("owner-7", state="queued", limit=1))[0]
    claimed: list[Job] = []

    async def claim() -> None:
        job = await store.claim(60.0, max_attempts=3)
        assert job is not None
        claimed.append(job)

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "page of 50, newest": lambda: store.page("owner-7", limit=50),
        "page of 50, further back": lambda: store.page("owner-7", before=middle[-1].id, limit=50),
        "page of 50, succeeded": lambda: store.page("owner-7", state="succeeded", limit=50),
        "page of 50, no such state": lambda: store.page("owner-7", state="failed", limit=50),
        "get": lambda: store.get(last.id, "owner-7"),
        "position of the last": lambda: store.position(last),
        "add": lambda: store.add(new_job(), keep_s=DAY),
        "claim": claim,
        "beat": lambda: store.beat(claimed[-1], 60.0, stage="restore", fraction=0.5),
        "add, with all quotas": lambda: limited.add(new_job(), keep_s=DAY),
        "expire, nothing due": lambda: store.expire(100),
        "known, 1000 keys": lambda: store.known([new_job().input_key for _ in range(1000)]),
        "counts": store.counts,
    }
    return {name: [await _timed(call) for _ in range(repetitions)] for name, call in calls.items()}


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return (time.perf_counter() - start) * 1000


async def table(url: str, rows: int, repetitions: int) -> str:
    """Fill the empty database and measure it: a table of text."""
    store, engine = await open_store(url), engine_for(url)
    limited = JobStore(engine, quota=Quota(waiting=10**6, jobs_a_day=10**6, kept_bytes=10**15))  # which nobody reaches
    start = time.perf_counter()
    await transact(engine, lambda connection: fill(connection, rows, min(WAITING, rows // 2)))
    await _vacuum(engine)
    lines = [
        f"{url.partition(':')[0]}: {rows:,} rows, filled in {time.perf_counter() - start:.0f} s",
        "  call  median ms  p99 ms",
    ]
    for name, milliseconds in (await measure(store, limited, repetitions)).items():
        p99 = statistics.quantiles(milliseconds, n=100, method="inclusive")[-1]
        lines.append(f"  {name:26}{statistics.median(milliseconds):9.2f}{p99:9.2f}")
    await store.close()
    await limited.close()
    return "\n".join(lines)


async def _vacuum(engine: AsyncEngine) -> None:
    """What PostgreSQL does by itself some time after so many rows were added."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE jobs"))


@contextmanager
def _databases(folder: Path) -> Iterator[Iterator[str]]:
    sqlite = f"sqlite:///{folder / 'jobs.db'}"
    if absence() is not None:
        yield iter([sqlite])
        return
    with postgres_running(is_durable=True) as server:
        yield iter([sqlite, server.url])


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.job_table", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table of jobs")
    parser.add_argument("--repetitions", type=int, default=200, help="of each call, at least 2")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _databases(Path(folder)) as urls:
        for url in urls:
            print(asyncio.run(table(url, chosen.rows, chosen.repetitions)))


if __name__ == "__main__":
    main()
