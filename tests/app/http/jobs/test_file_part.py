"""A file of a batch while it arrives: stored as it comes, however it is cut; what is no photo is not stored."""

from __future__ import annotations

import asyncio
import io
import zipfile
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.jobs.file_part import FilePart
from app.http.jobs.room import Room
from app.http.jobs.stored_part import StoredFile
from app.http.refusals import BodyTooLarge
from app.settings import Settings
from jobs.keys import photo_key
from jobs.objects import ObjectStore, open_objects
from jobs.quota import UNLIMITED, Usage
from jobs.upload_archive import BadArchive
from tests import images

MEBIBYTE = 2**20
PHOTO = images.png(images.gradient(24, 16))
SETTINGS = Settings(models="embedded", max_upload_mb=1, batch_size=3)


def packed(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, data in files:
            made.writestr(name, data)
    return target.getvalue()


def stored(*chunks: bytes, ends: bool = True) -> tuple[list[tuple[str, str | None, bytes | None]], list[int]]:
    """Name, code of the fault and stored bytes of each photo of a file, and what was held after each chunk."""

    async def run() -> tuple[list[tuple[str, str | None, bytes | None]], list[int]]:
        objects, found, kept = open_objects("memory://"), list[StoredFile](), list[int]()
        jobs: Any = SimpleNamespace(objects=objects)
        part = FilePart("a.jpg", found, jobs, SETTINGS, Room(UNLIMITED, Usage()))
        try:
            for chunk in chunks:
                await part.write(chunk)
                kept.append(part.kept)
            if ends:
                await part.end()
        finally:
            await part.discard()
        keys = {entry.key async for entry in objects.list()}
        assert keys == {photo_key(file.number) for file in found if file.fault is None}
        return [await _seen(file, objects) for file in found], kept

    return asyncio.run(run())


async def _seen(file: StoredFile, objects: ObjectStore) -> tuple[str, str | None, bytes | None]:
    if file.fault is not None:
        return file.filename or "", file.fault.code, None
    return file.filename or "", None, await objects.read(photo_key(file.number), max_bytes=2 * MEBIBYTE)


@given(st.lists(st.integers(0, len(PHOTO)), max_size=5))
def test_a_photo_is_stored_whole_however_it_is_cut(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(PHOTO)]
    chunks = [PHOTO[start:end] for start, end in pairwise(ends)]
    assert stored(*chunks)[0] == [("a.jpg", None, PHOTO)]


@pytest.mark.parametrize(
    ("chunks", "code"),
    [
        ((), "bad_parameter"),
        ((b"",), "bad_parameter"),
        ((b"PK",), "unsupported_media_type"),
        ((b"no picture" * 1000,), "unsupported_media_type"),
        ((PHOTO, bytes(MEBIBYTE), PHOTO), "too_many_bytes"),
    ],
)
def test_what_is_no_photo_has_a_fault_and_is_not_stored(chunks: tuple[bytes, ...], code: str) -> None:
    assert stored(*chunks)[0] == [("a.jpg", code, None)]


def test_what_is_not_stored_is_not_held() -> None:
    assert stored(PHOTO, bytes(900_000), bytes(200_000), PHOTO)[1] == [len(PHOTO), len(PHOTO) + 900_000, 0, 0]


def test_a_file_that_ends_early_leaves_nothing() -> None:
    assert stored(PHOTO, bytes(500_000), ends=False)[0] == []
    assert stored(packed(("b.jpg", PHOTO))[:-30], ends=False)[0] == []


def test_each_photo_of_an_archive_is_a_file() -> None:
    archive = packed(("x/b.jpg", PHOTO), ("c.txt", b"no picture" * 50), ("d.jpg", b""))
    found, kept = stored(archive[:3], archive[3:])
    assert found == [
        ("b.jpg", None, PHOTO),
        ("c.txt", "unsupported_media_type", None),
        ("d.jpg", "bad_parameter", None),
    ]
    assert kept == [0, len(archive)]


def test_an_archive_with_more_photos_than_a_batch_may_have_is_refused() -> None:
    with pytest.raises(BadArchive, match="4 photos"):
        stored(packed(*((f"{number}.jpg", PHOTO) for number in range(4))))


def test_an_archive_is_refused_when_it_becomes_too_large() -> None:
    most = SETTINGS.max_archive_bytes
    with pytest.raises(BodyTooLarge):
        stored(b"PK\x03\x04" + bytes(most - 4), b"x")
