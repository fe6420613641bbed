"""What has expired is removed with all its objects, and what belongs to no job is removed later."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from jobs import retention
from jobs.errors import StoreUnavailable
from jobs.job import Job
from jobs.keys import photo_key, result_keys
from jobs.retention import Sweeper, Swept
from tests.app import samples
from tests.app.work.services import order
from tests.jobs.workplace import Workplace


def age(folder: Path, key: str, hours: float) -> None:
    """Let an object be so old."""
    then = time.time() - hours * 3600
    os.utime(folder / "data" / "objects" / key, (then, then))


def test_an_expired_job_goes_with_its_objects(play: Callable[..., None]) -> None:
    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()), keep_s=0.0)
        done = await place.run(await place.claim())
        assert done.state == "succeeded"
        kept = await place.submit(order(samples.no_face()))
        sweeper = Sweeper(place.store, place.objects)
        assert await sweeper.sweep() == Swept(jobs=1, orphans=0)
        assert await place.keys() == {kept.input_key}
        assert await sweeper.sweep() == Swept()

    play(scene)


def test_a_full_disk_is_freed_by_what_has_expired(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """While an expired photo lies on it, the database has no room to remove its row."""

    async def scene(place: Workplace) -> None:
        job = await place.submit(order(samples.no_face()), keep_s=0.0)
        expire = place.store.expire

        async def needing_room(limit: int) -> list[Job]:
            if job.input_key in await place.keys():
                raise StoreUnavailable("The database of jobs does not answer.")
            return await expire(limit)

        monkeypatch.setattr(place.store, "expire", needing_room)
        assert await Sweeper(place.store, place.objects).sweep() == Swept(jobs=1)
        assert await place.keys() == set()

    play(scene)


def test_old_objects_without_a_job_go(
    play: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)

    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()))
        done = await place.run(await place.claim())
        never_begun, arriving, lost = photo_key(uuid7()), photo_key(uuid7()), result_keys(done.id, 7, "png").picture
        for key in (never_begun, arriving, lost):
            await place.objects.put(key, b"photo")
        for key in (never_begun, lost, *done.keys):
            age(tmp_path, key, 1.1)
        age(tmp_path, arriving, 0.9)
        # Of a batch that may take two hours to arrive, the first photo waits for its row as long.
        assert await Sweeper(place.store, place.objects, upload_s=7200).sweep() == Swept()
        assert await Sweeper(place.store, place.objects).sweep() == Swept(jobs=0, orphans=2)
        assert await place.keys() == {arriving, *done.keys}

    play(scene)


def test_it_sweeps_again_after_an_error(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "SWEEP_S", 0.02)

    async def scene(place: Workplace) -> None:
        await place.submit(order(samples.no_face()), keep_s=0.0)
        expire, errors = place.store.expire, [StoreUnavailable("The database is away."), ZeroDivisionError()]

        async def failing(limit: int) -> object:
            if errors:
                raise errors.pop()
            return await expire(limit)

        monkeypatch.setattr(place.store, "expire", failing)
        sweeper = Sweeper(place.store, place.objects)
        sweeper.start()
        end = time.monotonic() + 10
        while (await place.store.counts())["queued"]:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)
        await sweeper.stop()
        assert await place.keys() == set()
        assert "The database is away." in caplog.text

    play(scene)
