"""No call reads the whole table: the database's plan of each statement that the store sends names an index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from bench.job_table import fill, new_job
from jobs.job import Job
from jobs.quota import Quota
from jobs.store.connection import engine_for
from jobs.store.store import JobStore, open_store
from jobs.store.transaction import transact
from tests.jobs.store.samples import HOUR

pytestmark = pytest.mark.anyio

ROWS = 20_000


def batch_of(job: Job) -> UUID:
    assert job.batch is not None
    return job.batch


Call = Callable[[JobStore, Job], Awaitable[object]]
CALLS: dict[str, tuple[Call, str]] = {  # and the index that it needs
    "page": (lambda store, job: store.page("owner-7", limit=50), "jobs_page"),
    "page further": (lambda store, job: store.page("owner-7", before=job.id, limit=50), "jobs_page"),
    "page of a state": (lambda store, job: store.page("owner-7", state="succeeded", limit=50), "jobs_page_of_state"),
    "page of a rare state": (lambda store, job: store.page("owner-7", state="failed", limit=50), "jobs_page_of_state"),
    "position": (lambda store, job: store.position(job), "jobs_queue|jobs_turns"),
    "claim": (lambda store, job: store.claim(30, max_attempts=3), "jobs_queue"),
    "claim of a kind": (lambda store, job: store.claim(30, kinds=("upscale",), max_attempts=3), "jobs_queue"),
    "add": (lambda store, job: store.add(new_job(), keep_s=HOUR), "jobs_turns"),
    "claim lapsed": (lambda store, job: store.claim(30, max_attempts=3), "jobs_leases"),
    "claim by id": (
        lambda store, job: store.claim(30, job_id=job.id, max_attempts=3),
        "jobs_pkey|sqlite_autoindex_jobs_1",
    ),
    "expire": (lambda store, job: store.expire(100), "jobs_expiry"),
    "jobs of a batch": (lambda store, job: store.jobs_of(batch_of(job), "owner-7"), "jobs_in_batch"),
    "counts of a batch": (lambda store, job: store.batch(batch_of(job), "owner-7"), "jobs_in_batch"),
    "cancel a batch": (lambda store, job: store.cancel_batch(batch_of(job), "owner-7"), "jobs_in_batch"),
    "same request": (lambda store, job: store.add(new_job(idempotency_key="7"), keep_s=HOUR), "jobs_idempotency"),
    "longest waits": (lambda store, job: store.waiting_s(), "jobs_queue|jobs_turns"),
    "claim deliveries": (lambda store, job: store.outbox.claim(30, limit=8), "deliveries_due"),
    "webhook": (lambda store, job: store.outbox.webhook(job.id), "deliveries_job|sqlite_autoindex_deliveries"),
    "end of a batch": (
        lambda store, job: store.cancel_batch(batch_of(job), "owner-7"),
        "deliveries_batch|sqlite_autoindex_deliveries",
    ),
    "quota of jobs waiting": (lambda store, job: store.usage("owner-7"), "jobs_page_of_state"),
    "quota of a day": (lambda store, job: store.usage("owner-7"), "submissions_pkey|sqlite_autoindex_submissions_1"),
    "quota of bytes": (lambda store, job: store.usage("owner-7"), "jobs_bytes"),
    "counts that are old": (lambda store, job: store.expire(100), "submissions_hour"),
    "known": (lambda store, job: store.known([job.input_key]), "jobs_pkey|sqlite_autoindex_jobs_1"),
}


async def plans(engine: AsyncEngine, sent: list[tuple[str, Any]]) -> str:
    """What the database says that it does for these statements, one step a line."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    lines: list[str] = []
    async with engine.connect() as connection:
        for statement, parameters in sent:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                lines += [str(row[-1]) for row in await connection.exec_driver_sql(explain + statement, parameters)]
    return "\n".join(lines)


async def tell_of_all(connection: AsyncConnection) -> None:
    """Each job has a webhook that was delivered."""
    columns = "id, job, owner, url, state, attempts"
    await connection.execute(
        text(f"INSERT INTO deliveries ({columns}) SELECT id, id, owner, '', 'delivered', 1 FROM jobs")
    )
    await connection.execute(text("ANALYZE deliveries"))


async def test_every_call_searches_by_an_index(database: str) -> None:
    store, engine = await open_store(database), engine_for(database)
    await transact(engine, lambda connection: fill(connection, ROWS, ROWS // 20))
    await transact(engine, tell_of_all)
    batch = await store.add_batch(uuid7(), "owner-7", keep_s=HOUR)
    for number in range(20):
        await store.add(new_job(batch=batch.id, idempotency_key=str(number)), keep_s=HOUR)
    watched = JobStore(engine, quota=Quota(waiting=1_000_000, jobs_a_day=1_000_000, kept_bytes=10**12))
    job, _ = await store.add(new_job(batch=batch.id), keep_s=HOUR)
    sent: list[tuple[str, Any]] = []
    event.listen(
        engine.sync_engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, parameters, context, many: sent.append((statement, parameters)),
    )
    for name, (call, indices) in CALLS.items():
        sent.clear()
        await call(watched, job)
        said = await plans(engine, list(sent))
        assert any(index in said for index in indices.split("|")), f"{name}:\n{said}"
        assert "SCAN jobs" not in said.replace("SCAN jobs USING", ""), f"{name}:\n{said}"
        assert "Seq Scan on jobs" not in said, f"{name}:\n{said}"
        assert "Seq Scan on deliveries" not in said, f"{name}:\n{said}"
    await store.close()
    await engine.dispose()
