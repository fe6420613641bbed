"""Models that are published in a zip."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    QUICK,
    downloaded,
    fetch,
    lying_in,
    member,
    put,
    refusal,
    zip_of,
)
from tests.pipeline.models.file_server import Answer, FileServer


def test_two_models_of_one_zip_are_one_download(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER, "more.txt": b"more"})
    url = server.serve("/all.zip", Answer(archive))
    models = member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b")
    seen: list[tuple[str, int, int]] = []
    assert downloaded(folder, *models, progress=lambda model, *counts: seen.append((model.name, *counts)))
    assert seen[-1] == ("a", len(archive), len(archive))
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}
    assert not downloaded(folder, *models)
    assert len(server.requests) == 1


def test_only_what_is_missing_is_taken_out_of_a_zip(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive))
    put(folder, "a.pth", DATA)
    models = member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b")
    assert [result.downloaded for result in fetch(folder, *models)] == [False, True]
    assert lying_in(folder) == {"a.pth": DATA, "b.pth": OTHER}


def test_a_cut_zip_goes_on_where_it_stopped(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA})
    model = member(server.serve("/all.zip", Answer(archive, cut=1000), Answer(archive)), archive, "a.onnx", DATA)
    refusal(folder, model, patience=replace(QUICK, attempts=1))
    assert lying_in(folder) == {"all.zip.part": archive[:1000]}
    assert downloaded(folder, model)
    assert server.ranges == [None, "bytes=1000-"]
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize("entry", ["top/a.onnx", "../../a.onnx", "/a.onnx"])
def test_names_in_a_zip_are_never_places(entry: str, server: FileServer, folder: Path, tmp_path: Path) -> None:
    archive = zip_of({"../evil": b"evil", "/tmp/evil": b"evil", "../../weights/b.pth": b"evil", entry: DATA})
    model = member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA)
    assert downloaded(folder, model)
    assert {path.name for path in tmp_path.rglob("*")} == {"weights", "a.pth", "all.zip.lock"}
    assert lying_in(folder) == {"a.pth": DATA}


def test_the_exact_name_comes_before_one_in_a_folder(server: FileServer, folder: Path) -> None:
    archive = zip_of({"old/a.onnx": OTHER, "a.onnx": DATA})
    assert downloaded(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert lying_in(folder) == {"a.pth": DATA}


def flagged(archive: bytes, offset: int, value: int) -> bytes:
    """The zip with one byte of the first entry in its directory set."""
    at = archive.index(b"PK\x01\x02") + offset
    return archive[:at] + bytes([value]) + archive[at + 1 :]


STORED = zip_of({"a.onnx": DATA}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (zip_of({"b.onnx": DATA}), "0 entries"),
        (zip_of({"1/a.onnx": DATA, "2/a.onnx": DATA}), "2 entries"),
        (zip_of({"a.onnx": DATA + b"!"}), "300001 bytes, expected 300000"),
        (zip_of({"a.onnx": OTHER}), "SHA-256"),
        (flagged(STORED, 8, 1), "encrypted"),
        (flagged(STORED, 10, 99), "compression"),
        (STORED.replace(DATA[:100], OTHER[:100]), "CRC"),
        (DATA, "not a zip"),
        (STORED[:-30], "not a zip"),
    ],
    ids=["missing", "twice", "size", "hash", "encrypted", "method", "damaged", "no zip", "cut"],
)
def test_a_zip_without_the_right_member(archive: bytes, why: str, server: FileServer, folder: Path) -> None:
    message = refusal(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert "a.onnx" in message
    assert "all.zip" in message
    assert why in message
    assert "kept" not in message
    assert lying_in(folder) == {}


def test_a_member_that_unpacks_to_more_than_its_size_is_cut_off(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": bytes(50_000_000)})
    at = archive.index(b"PK\x01\x02") + 24
    archive = archive[:at] + (300_000).to_bytes(4, "little") + archive[at + 4 :]
    refusal(folder, member(server.serve("/all.zip", Answer(archive)), archive, "a.onnx", DATA))
    assert lying_in(folder) == {}


def test_one_wrong_member_does_not_spoil_the_other(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": OTHER, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive))
    wrong, right = fetch(folder, member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b"))
    assert "SHA-256" in str(wrong.failure)
    assert right.downloaded
    assert lying_in(folder) == {"b.pth": OTHER}


def test_a_zip_that_cannot_be_fetched_fails_all_its_models_by_name(server: FileServer, folder: Path) -> None:
    archive = zip_of({"a.onnx": DATA, "b.onnx": OTHER})
    url = server.serve("/all.zip", Answer(archive[:-1] + b"!"))
    results = fetch(folder, member(url, archive, "a.onnx", DATA), member(url, archive, "b.onnx", OTHER, name="b"))
    assert [str(result.failure)[:3] for result in results] == ["a: ", "b: "]
    assert all("SHA-256" in str(result.failure) for result in results)
    assert len(server.requests) == 1
    assert lying_in(folder) == {}
