"""The places for jobs: in one folder that only the service reads, or a sentence that names the setting."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from jobs.errors import PlaceUnusable
from jobs.places import fault_of_places, open_places


def fault(**settings: Any) -> str | None:
    return asyncio.run(fault_of_places(Settings(**settings)))


def test_a_folder_is_enough_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data with a %"
    assert fault(data_dir=folder) is None
    assert fault(data_dir=folder) is None  # again, as after a restart
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith("jobs.db-")) == [
        "jobs.db",
        "objects",
    ]
    for path in (folder, folder / "objects", folder / "jobs.db"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert fault(data_dir=file) == f"LIKENESS_DATA_DIR: {file} cannot be made: File exists."
    assert fault(data_dir=file / "data") == f"LIKENESS_DATA_DIR: {file / 'data'} cannot be made: Not a directory."
    (tmp_path / "data" / "jobs.db").mkdir(parents=True)
    assert str(fault(data_dir=tmp_path / "data")).startswith("LIKENESS_DATA_DIR: The database of jobs")


def test_a_url_that_cannot_be_used_is_named_without_its_password(tmp_path: Path) -> None:
    database = "postgresql://likeness:secret@127.0.0.1:1/likeness"
    assert fault(database_url=database, objects_url="memory://") == (
        "LIKENESS_DATABASE_URL: The database of jobs does not answer."
    )
    said = str(fault(data_dir=tmp_path, objects_url="s3://"))
    assert said.startswith("LIKENESS_OBJECTS_URL: ")
    assert said.endswith(".")


def test_one_url_may_stand_beside_the_folder(tmp_path: Path) -> None:
    async def main() -> None:
        store, objects = await open_places(Settings(data_dir=tmp_path, objects_url="memory://"))
        await store.close()
        assert [entry async for entry in objects.list()] == []

    asyncio.run(main())
    assert not (tmp_path / "objects").exists()
    with pytest.raises(PlaceUnusable):
        asyncio.run(open_places(Settings(data_dir=tmp_path / "jobs.db" / "folder")))
