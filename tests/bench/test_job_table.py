"""`python -m bench.job_table`, with few rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import job_table
from jobs.store.store import open_store


def test_the_table_has_a_line_per_call(tmp_path: Path) -> None:
    lines = asyncio.run(job_table.table(f"sqlite:///{tmp_path}/jobs.db", rows=200, repetitions=2)).splitlines()
    assert lines[0].startswith("sqlite: 200 rows")
    calls = {line[2:28].strip(): line[28:].split() for line in lines[2:]}
    assert {"page of 50, newest", "claim", "position of the last", "add"} <= set(calls)
    assert all(0 < float(median) <= float(p99) for median, p99 in calls.values())


def test_the_rows_are_jobs(tmp_path: Path) -> None:
    async def seen() -> None:
        url = f"sqlite:///{tmp_path}/jobs.db"
        await job_table.table(url, rows=400, repetitions=2)
        store = await open_store(url)
        counts = await store.counts()
        assert (counts["succeeded"], counts["queued"], counts["running"]) == (192, 202, 10)
        assert (await store.page("owner-3", state="succeeded", limit=1))[0].file_name == "photo-103.jpg"
        await store.close()

    asyncio.run(seen())
