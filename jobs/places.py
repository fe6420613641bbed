"""The places that the settings name for jobs: a database and an object store."""

import asyncio
from pathlib import Path
from urllib.parse import quote

from app.settings import MEBIBYTE, Settings
from jobs.errors import PlaceUnusable, StoreUnavailable
from jobs.objects import BadObjectsUrl, ObjectStore, open_objects
from jobs.observer import SILENT, Observer
from jobs.quota import Quota
from jobs.store.store import JobStore, open_store

DATABASE, OBJECTS = "jobs.db", "objects"  # in the folder of data


async def open_places(settings: Settings, observer: Observer = SILENT) -> tuple[JobStore, ObjectStore]:
    """The table of jobs and the object store, both tried out. Raises `PlaceUnusable`.

    `observer` is told of what happens to jobs, and of each call to which a place gives no answer.
    """
    if settings.data_dir is not None:
        await asyncio.to_thread(_make, settings.data_dir)
    objects = await _objects(settings, observer)
    database, setting = settings.database_url, "LIKENESS_DATABASE_URL"
    if not database:
        database, setting = f"sqlite:///{_in(settings, DATABASE)}", "LIKENESS_DATA_DIR"
    try:
        return await open_store(database, observer, quota_of(settings)), objects
    except StoreUnavailable as error:
        raise PlaceUnusable(f"{setting}: {error.message}", stage="startup") from error
    except ValueError as error:
        raise PlaceUnusable(f"{setting}: {error}", stage="startup") from error


def quota_of(settings: Settings) -> Quota:
    """How much one owner may have."""
    return Quota(settings.quota_waiting, settings.quota_jobs_a_day, int(settings.quota_mb * MEBIBYTE))


async def fault_of_places(settings: Settings) -> str | None:
    """Why the places cannot be used, as a sentence; None if they can."""
    try:
        store, _ = await open_places(settings)
    except PlaceUnusable as error:
        return error.message
    await store.close()
    return None


async def _objects(settings: Settings, observer: Observer) -> ObjectStore:
    url, setting = settings.objects_url, "LIKENESS_OBJECTS_URL"
    if not url:
        url, setting = f"file://{quote(str(_in(settings, OBJECTS)))}", "LIKENESS_DATA_DIR"
    try:
        objects = open_objects(url)
        objects.observer = observer
        await objects.check()
    except (BadObjectsUrl, StoreUnavailable) as error:
        raise PlaceUnusable(f"{setting}: {error.message}", stage="startup") from error
    return objects


def _in(settings: Settings, name: str) -> Path:
    """A path in the folder of data, which is set where a URL is not."""
    if settings.data_dir is None:
        raise ValueError("no place for jobs is set")
    return settings.data_dir.absolute() / name


def _make(folder: Path) -> None:
    """Make the folder, which only this user may read."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PlaceUnusable(
            f"LIKENESS_DATA_DIR: {folder} cannot be made: {error.strerror}.", stage="startup"
        ) from error
