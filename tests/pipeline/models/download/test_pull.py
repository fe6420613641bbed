"""Files are downloaded whole, checked, and then get their names."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.download.pull import pull
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
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


def test_a_file_is_fetched_whole_and_then_left_alone(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert server.ranges == [None]
    assert not downloaded(folder, model)
    assert len(server.requests) == 1


def test_a_server_that_names_no_size(server: FileServer, folder: Path) -> None:
    assert downloaded(folder, row(server.serve("/a.pth", Answer(DATA, length=-1))))
    assert lying_in(folder) == {"a.pth": DATA}


def test_nothing_happens_before_the_result_is_iterated_over(server: FileServer, folder: Path) -> None:
    pull([row(server.serve("/a.pth", Answer(DATA)))], folder, **UNWATCHED)
    assert server.requests == []
    assert lying_in(folder) == {}


def test_a_wrong_file_stays_until_the_right_one_replaces_it(server: FileServer, folder: Path) -> None:
    put(folder, "a.pth", OTHER)
    model = row(server.serve("/a.pth", Answer(status=404), Answer(DATA)))
    refusal(folder, model)
    assert lying_in(folder) == {"a.pth": OTHER}
    assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


def test_one_failure_does_not_stop_the_others(server: FileServer, folder: Path) -> None:
    models = [
        row(server.serve("/1", Answer(DATA)), name="first"),
        row(server.serve("/2", Answer(status=404)), name="second"),
        row(server.serve("/3", Answer(OTHER)), OTHER, name="third"),
    ]
    put(folder, "third.pth", OTHER)
    first, second, third = fetch(folder, *models, models[0])  # named twice, fetched once
    assert (first.downloaded, first.failure) == (True, None)
    assert "404" in str(second.failure)
    assert (third.downloaded, third.failure) == (False, None)
    assert lying_in(folder) == {"first.pth": DATA, "third.pth": OTHER}


def test_rows_that_share_a_file_share_its_download(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA)))
    assert downloaded(folder, model, replace(model, name="also", role="upscaler"))
    assert len(server.requests) == 1
    assert lying_in(folder) == {"a.pth": DATA}


def test_redirects_are_followed_also_when_resuming(server: FileServer, folder: Path) -> None:
    server.serve("/far", Answer(DATA, cut=100_000), Answer(DATA))
    model = row(server.serve("/a.pth", Answer(status=302, headers={"Location": "/far"})))
    assert downloaded(folder, model)
    assert [request.target for request in server.requests] == ["/a.pth", "/far", "/a.pth", "/far"]
    assert server.ranges == [None, None, "bytes=100000-", "bytes=100000-"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_progress_is_monotone_and_complete(server: FileServer, folder: Path) -> None:
    model = row(server.serve("/a.pth", Answer(DATA, cut=100_000), Answer(DATA)))
    seen: list[tuple[ModelFile, int, int]] = []
    downloaded(folder, model, progress=lambda *event: seen.append(event))
    counts = [there for _, there, _ in seen]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, len(DATA))
    assert 100_000 in counts
    assert {(of, total) for of, _, total in seen} == {(model, len(DATA))}


def test_files_have_the_permissions_that_the_umask_leaves(server: FileServer, folder: Path) -> None:
    archive = zip_of({"b.pth": OTHER})
    plain = row(server.serve("/a.pth", Answer(DATA)))
    zipped = member(server.serve("/all.zip", Answer(archive)), archive, "b.pth", OTHER, name="b")
    before = os.umask(0o027)
    try:
        downloaded(folder, plain, zipped)
    finally:
        os.umask(before)
    assert {path.suffix: path.stat().st_mode & 0o777 for path in folder.glob("*.pth")} == {".pth": 0o640}
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "zip"])
def test_the_content_is_on_the_disk_before_it_gets_its_name(
    zipped: bool, server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zip_of({"a.onnx": DATA})
    plain = row(server.serve("/a.pth", Answer(DATA)))
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA) if zipped else plain
    done: list[tuple[str, int]] = []
    fsync, rename = os.fsync, Path.replace

    def spy_fsync(file: int) -> None:
        fsync(file)
        done.append(("fsync", os.fstat(file).st_ino))

    def spy_replace(source: Path, target: Path) -> Path:
        done.append(("replace", source.stat().st_ino))
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    assert downloaded(folder, model)
    there = (folder / "a.pth").stat().st_ino
    assert done == [("fsync", there), ("replace", there)]


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "identity", "Content-Type": "application/gzip"}])
def test_a_body_is_written_as_it_comes(headers: dict[str, str], server: FileServer, folder: Path) -> None:
    data = gzip.compress(DATA)
    assert downloaded(folder, row(server.serve("/a.pth", Answer(data, headers=headers)), data))
    assert lying_in(folder) == {"a.pth": data}


def test_a_large_file_takes_little_memory(server: FileServer, folder: Path) -> None:
    data = bytes(16 * 1024 * 1024)
    model = row(server.serve("/a.pth", Answer(data)), data)
    tracemalloc.start()
    try:
        downloaded(folder, model)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * 1024 * 1024
    assert (folder / "a.pth").stat().st_size == len(data)
