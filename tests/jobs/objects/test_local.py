from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from jobs.errors import StoreUnavailable
from jobs.keys import photo_key, result_keys
from jobs.objects import ObjectStore, open_objects
from jobs.objects.local_file import LocalFile
from tests.app.full_disk import full_disk

MB = 2**20
JOB = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
KEY = photo_key(JOB)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(folder: Path) -> ObjectStore:
    return open_objects(f"file://{folder}")


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_only_this_user_may_read_files_and_folders_whatever_the_umask(folder: Path) -> None:
    objects = open_objects(f"file://{folder}")
    asyncio.run(objects.put(result_keys(JOB, 1, ".png").picture, b"1"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_bytes_are_on_the_disk_before_the_file_has_its_name(
    objects: ObjectStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def fsync(opened: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(opened).st_mode) else "file")
        sync(opened)

    def rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", rename)
    asyncio.run(objects.put(KEY, b"1"))
    assert steps[0] == "file"
    assert steps[-2:] == ["rename", "folder"]
    assert steps.count("rename") == 1


def test_a_link_in_the_way_is_replaced_and_not_followed(objects: ObjectStore, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"safe")
    (folder / KEY).parent.mkdir(parents=True)
    (folder / KEY).symlink_to(outside)
    asyncio.run(objects.put(KEY, b"mine"))
    assert outside.read_bytes() == b"safe"
    assert not (folder / KEY).is_symlink()


def test_foreign_files_are_neither_listed_nor_deleted(objects: ObjectStore, folder: Path) -> None:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "notes.txt").write_text("mine")
    (folder / "likeness.db").write_text("mine")

    async def run() -> None:
        await objects.put(KEY, b"1")
        assert [entry.key async for entry in objects.list()] == [KEY]
        await objects.delete([KEY])

    asyncio.run(run())
    assert files(folder) == ["jobs/notes.txt", "likeness.db"]


def test_a_deleted_jobs_folder_goes_too(objects: ObjectStore, folder: Path) -> None:
    async def run() -> None:
        await objects.put(KEY, b"1")
        await objects.delete([KEY])

    asyncio.run(run())
    assert folder.is_dir()
    assert not (folder / "jobs" / str(JOB)).exists()


def test_puts_beside_deletes_that_remove_the_folder_all_succeed(objects: ObjectStore) -> None:
    async def run() -> None:
        async def again(key: str) -> None:
            for _ in range(40):
                await objects.put(key, b"1")
                await objects.delete([key])

        results = result_keys(JOB, 1, ".png")
        await asyncio.gather(again(KEY), again(results.picture), again(results.preview), again(results.report))

    asyncio.run(run())


def test_a_full_disk_is_told_and_leaves_nothing(objects: ObjectStore, folder: Path) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(MB)

    async def run() -> None:
        await objects.put(KEY, b"earlier")
        with full_disk(room=3 * MB):
            for body in (bytes(5 * MB), stream()):
                with pytest.raises(StoreUnavailable, match="disk is full"):
                    await objects.put(KEY, body)
        assert files(folder) == [KEY]
        assert await objects.read(KEY, max_bytes=10) == b"earlier"
        await objects.put(KEY, bytes(5 * MB))

    asyncio.run(run())


def test_a_folder_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailable):
        open_objects(f"file://{tmp_path}/file")


def test_a_folder_that_cannot_be_written_is_told(
    objects: ObjectStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, whom rights do not stop: the system's answer is played."""

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    asyncio.run(objects.check())
    monkeypatch.setattr(os, "open", refuse)
    for call in (objects.check(), objects.put(KEY, b"1")):
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            asyncio.run(call)
    monkeypatch.undo()
    assert files(folder) == []


def test_a_folder_that_has_gone_is_told(objects: ObjectStore, folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(StoreUnavailable, match="no such folder"):
        asyncio.run(objects.put(KEY, b"1"))


def test_what_a_killed_process_left_is_removed_an_hour_later(folder: Path) -> None:
    old, new = folder / "parts" / f"{uuid4().hex}#0", folder / "parts" / f"{uuid4().hex}#0"
    old.parent.mkdir(parents=True)
    for part in (old, new):
        part.write_bytes(b"half a photo")
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    objects = open_objects(f"file://{folder}")
    assert [path.name for path in old.parent.iterdir()] == [new.name]

    async def run() -> None:
        assert [entry async for entry in objects.list()] == []

    asyncio.run(run())


def test_a_file_that_was_discarded_writes_and_names_nothing_more(folder: Path) -> None:
    """As when a thread still works for a caller that was cancelled."""
    folder.mkdir()
    late, early = LocalFile(folder, KEY), LocalFile(folder, KEY)
    late.open()
    late.discard()
    late.write(b"x")
    late.commit()
    early.discard()
    early.open()
    early.commit()
    assert files(folder) == []


def test_a_folder_that_is_removed_again_and_again_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def removed(self: Path, target: Path) -> Path:
        raise FileNotFoundError(2, "No such file or directory", str(target))

    folder.mkdir()
    monkeypatch.setattr(Path, "replace", removed)
    with pytest.raises(StoreUnavailable):
        asyncio.run(open_objects(f"file://{folder}").put(KEY, b"1"))
    assert files(folder) == []


@pytest.mark.parametrize("chunks", [0, 3])
def test_no_descriptor_is_left_open(objects: ObjectStore, chunks: int) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield bytes(MB)
        raise RuntimeError("of the source")

    async def run() -> None:
        await objects.put(KEY, b"1")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(10):
            with pytest.raises(RuntimeError, match="of the source"):
                await objects.put(KEY, stream())
            await objects.put(KEY, b"2")
        assert len(os.listdir("/proc/self/fd")) <= before

    asyncio.run(run())
