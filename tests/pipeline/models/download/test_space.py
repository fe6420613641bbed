"""Disks and folders: too little space, leftovers, and what is in the way."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from pipeline.models.download.failures import DownloadFailed
from pipeline.models.download.pull import pull
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    QUICK,
    UNWATCHED,
    downloaded,
    fetch,
    lying_in,
    member,
    put,
    refusal,
    row,
    zip_of,
)
from tests.pipeline.models.file_server import Answer, FileServer


def free_space(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=size))


def test_too_little_space_for_all_of_it_is_told_at_once(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_of({"b.onnx": OTHER, "c.onnx": DATA})
    url = server.serve("/all.zip", Answer(archive))
    models = (
        row(server.serve("/a.pth", Answer(DATA))),
        member(url, archive, "b.onnx", OTHER, name="b"),
        member(url, archive, "c.onnx", DATA, name="c"),  # is there
    )
    put(folder, "a.pth.part", DATA[:100_000])
    put(folder, "all.zip.part", archive[:100_000])
    put(folder, "c.pth", DATA)
    before = lying_in(folder)
    needed = 200_000 + len(archive) - 100_000 + len(OTHER)
    free_space(monkeypatch, needed - 1)
    with pytest.raises(DownloadFailed, match=r"1\.0 MB are still needed in .* MB are free\. Make room") as caught:
        pull(models, folder, **UNWATCHED)
    assert str(folder) in caught.value.message
    assert server.requests == []
    assert lying_in(folder) == before
    free_space(monkeypatch, needed)
    assert [result.failure for result in fetch(folder, *models)] == [None] * 3
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER, "c.pth": DATA}
    free_space(monkeypatch, 0)
    fetch(folder, *models)


def test_space_that_is_gone_meanwhile_is_told_before_the_download(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    results = pull([model], folder, **UNWATCHED)
    free_space(monkeypatch, 299_999)
    (result,) = results
    assert f"0.3 MB are still needed in {folder}" in str(result.failure)
    assert server.requests == []
    assert lying_in(folder) == {}
    put(folder, "a.pth.part", DATA[:1])
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_the_members_of_a_zip_need_space_too(server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA)
    results = pull([model], folder, **UNWATCHED)
    free_space(monkeypatch, len(archive) + len(DATA) - 1)
    (result,) = results
    assert "Make room" in str(result.failure)
    assert server.requests == []
    assert lying_in(folder) == {}
    free_space(monkeypatch, len(archive) + len(DATA))
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_an_empty_part_is_not_kept(server: FileServer, folder: Path) -> None:
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA, cut=0))))
    assert "kept" not in message
    assert len(server.requests) == QUICK.attempts
    assert lying_in(folder) == {}


def test_a_folder_where_the_part_belongs(server: FileServer, folder: Path) -> None:
    (folder / "a.pth.part").mkdir(parents=True)
    message = refusal(folder, row(server.serve("/a.pth", Answer(DATA))))
    assert "a.pth.part cannot be written: Is a directory. Remove what is in the way" in message
    assert "kept" not in message


@pytest.mark.parametrize("locked", [False, True])
def test_parts_that_nobody_needs_are_removed(locked: bool, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member("http://models.invalid/all.zip", archive, "a.onnx", DATA)
    put(folder, "a.pth", DATA)
    put(folder, "a.pth.part", DATA[:1])
    put(folder, "all.zip.part", archive)
    put(folder, "b.pth.part", OTHER)
    with FileLock(folder / "all.zip.lock") if locked else nullcontext():
        assert not downloaded(folder, model)
    kept = {"a.pth.part": DATA[:1], "all.zip.part": archive} if locked else {}
    assert lying_in(folder) == {"a.pth": DATA, "b.pth.part": OTHER} | kept


def test_a_folder_where_the_file_belongs(server: FileServer, folder: Path) -> None:
    (folder / "a.pth").mkdir(parents=True)
    model = row(server.serve("/a.pth", Answer(DATA)))
    message = refusal(folder, model)
    assert "cannot be written" in message
    assert f"kept in {folder / 'a.pth.part'}" in message
    (folder / "a.pth").rmdir()
    assert downloaded(folder, model)
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_file_where_the_folder_should_be(inside: str, tmp_path: Path) -> None:
    put(tmp_path, "file", b"content")
    with pytest.raises(DownloadFailed, match=f"{tmp_path / 'file' / inside} cannot be made a folder"):
        pull([row("https://example.org/a.pth")], tmp_path / "file" / inside, **UNWATCHED)
    assert lying_in(tmp_path) == {"file": b"content"}
