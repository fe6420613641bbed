"""A row that cannot be read costs one job: all others are begun, listed and removed as ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobs.errors import OrderUnreadable
from jobs.job import Job
from jobs.run import payload
from jobs.store.store import JobStore, open_store
from tests.jobs.store.samples import ATTEMPTS, LEASE, added, begun, new_job, result_of

pytestmark = pytest.mark.anyio


async def damage(store: JobStore, job: Job, column: str, value: Any) -> None:
    async with store._engine.begin() as connection:
        await connection.execute(
            text(f"UPDATE jobs SET {column} = :value WHERE id = :id"), {"value": value, "id": job.id.hex}
        )


@pytest.mark.parametrize("asked", ['{"task": "enh', "", "[1]", '"text"'])
async def test_a_damaged_order_does_not_block_the_queue(tmp_path: Path, asked: str) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    damaged, sound = await added(store), await added(store)
    await damage(store, damaged, "asked", asked)
    first = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert first is not None
    assert first.id == damaged.id
    with pytest.raises(OrderUnreadable):
        payload.load(first.asked, b"", None)
    second = await store.claim(LEASE, max_attempts=ATTEMPTS)
    assert second is not None
    assert second.id == sound.id
    assert {job.id for job in await store.page("ada", limit=5)} == {damaged.id, sound.id}
    await store.close()


@pytest.mark.parametrize("result", ['{"picture_', '{"picture_key": "x"}', "7", None])
async def test_a_damaged_result_is_removed_in_time(tmp_path: Path, result: str | None) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    job, _ = await store.add(new_job(), keep_s=0)
    claimed = await store.claim(0.0, max_attempts=ATTEMPTS)
    assert claimed is not None
    await store.succeed(claimed, result_of(claimed), {"decode": 1.5})
    await damage(store, job, "result", result)
    assert (await store.get(job.id, "ada")).result is None
    assert [each.keys for each in await store.expire(5)] == [[job.input_key]]
    await store.close()


async def test_what_a_newer_version_says_of_a_result_is_left_out(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/jobs.db")
    job = await begun(store)
    done = await store.succeed(job, result_of(job), {})
    async with store._engine.begin() as connection:
        await connection.execute(text("""UPDATE jobs SET result = json_set(result, '$.seconds', 2.5)"""))
    assert await store.get(job.id, "ada") == done
    await store.close()
