from __future__ import annotations

import asyncio
import io
import random
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.upload_archive import ArchivedPhoto, BadArchive, BadArchiveEntry, archived_photos

MB = 2**20


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return made.getvalue()


def photos_of(archive: bytes, *, most: int = 50, each: int = MB, together: int = 50 * MB) -> list[ArchivedPhoto]:
    return asyncio.run(archived_photos(archive, max_photos=most, max_bytes=each, max_total_bytes=together))


async def body_of(photo: ArchivedPhoto) -> bytes:
    return b"".join([chunk async for chunk in photo.chunks])


def read(photo: ArchivedPhoto) -> bytes:
    return asyncio.run(body_of(photo))


def test_photos_come_in_their_order_without_folders() -> None:
    archive = packed(
        ("holiday/b.jpg", b"bbb"), ("a.png", b"a" * 3000), ("../../../etc/é.jpg", b"c"), ("C:\\x\\d.jpg", b"d")
    )
    photos = photos_of(archive)
    assert [(photo.name, photo.size) for photo in photos] == [("b.jpg", 3), ("a.png", 3000), ("é.jpg", 1), ("d.jpg", 1)]
    assert [read(photo) for photo in photos] == [b"bbb", b"a" * 3000, b"c", b"d"]


def test_an_archive_in_a_file_is_read() -> None:
    file = io.BytesIO(packed(("a.jpg", b"a")))

    async def run() -> None:
        (photo,) = await archived_photos(file, max_photos=1, max_bytes=1, max_total_bytes=1)
        assert await body_of(photo) == b"a"

    asyncio.run(run())


def test_what_is_no_photo_of_the_clients_is_skipped() -> None:
    skipped = [
        "dir/",
        "__MACOSX/._a.jpg",
        "dir/__MACOSX/a.jpg",
        ".DS_Store",
        "dir/.hidden.jpg",
        "Thumbs.db",
        "x/desktop.ini",
        "w\\.a.jpg",
    ]
    archive = packed(*((name, b"" if name.endswith("/") else b"x") for name in skipped), ("dir/a.jpg", b"a"))
    assert [photo.name for photo in photos_of(archive)] == ["a.jpg"]


def test_a_photo_from_above_the_archive_is_a_photo_like_others() -> None:
    """Nothing is ever written under a name of the archive, so its folder does not matter."""
    names = ("../a.jpg", "x/../b.jpg", "./c.jpg", "/d.jpg", "..\\e.jpg", "C:\\f.jpg")
    archive = packed(*((name, b"a") for name in (*names, "..", "x/..", "...", ".jpg")))
    assert [photo.name for photo in photos_of(archive)] == [f"{letter}.jpg" for letter in "abcdef"]


def test_names_of_macos_are_utf8_though_it_does_not_say_so() -> None:
    archive = bytearray(packed(("gr\u00fc\u00dfe.jpg", b"a")))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = archive.index(signature) + at
        archive[where : where + 2] = struct.pack("<H", 0)
    (photo,) = photos_of(bytes(archive))
    assert photo.name == "gr\u00fc\u00dfe.jpg"
    assert read(photo) == b"a"


@pytest.mark.parametrize(
    "archive", [b"", b"PK", b"no archive at all", packed(("a.jpg", b"a"))[:-10], b"PK\x05\x06" + bytes(30)]
)
def test_what_is_no_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(BadArchive, match=r"no ZIP archive, or it is damaged|no photo") as caught:
        photos_of(archive)
    assert caught.value.code == "bad_archive"


def test_an_archive_without_photos_is_refused() -> None:
    with pytest.raises(BadArchive, match="no photo"):
        photos_of(packed((".DS_Store", b"x"), ("dir/", b"")))


def test_too_many_photos_are_refused_with_the_count() -> None:
    archive = packed(*((f"{number}.jpg", b"x") for number in range(4)))
    assert len(photos_of(archive, most=4)) == 4
    with pytest.raises(BadArchive, match="4 photos in the archive; at most 3"):
        photos_of(archive, most=3)


def test_too_many_bytes_together_are_refused_before_any_is_unpacked() -> None:
    archive = packed(*((f"{number}.jpg", bytes(MB)) for number in range(4)))
    with pytest.raises(BadArchive, match="at most 3145728"):
        photos_of(archive, together=3 * MB)
    assert len(photos_of(archive, together=4 * MB)) == 4


def test_a_table_of_very_many_files_is_refused_at_once_and_not_held() -> None:
    archive = packed(*((f"{number:06}.jpg", b"") for number in range(60_000)), method=zipfile.ZIP_STORED)
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(BadArchive, match="too many files"):
            photos_of(archive)
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 2


def test_a_photo_that_is_too_large_is_refused_and_the_others_are_not() -> None:
    large, small = photos_of(packed(("a.bmp", bytes(2000)), ("b.bmp", bytes(1000))), each=1000)
    with pytest.raises(BadArchiveEntry, match="has 2000 bytes; at most 1000") as caught:
        read(large)
    assert caught.value.code == "bad_archive_entry"
    assert read(small) == bytes(1000)


def lie_about_size(archive: bytes, size: int) -> bytes:
    """The archive's first file says that it has `size` bytes, in its own head and in the table."""
    lying = bytearray(archive)
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        where = lying.index(signature) + at
        lying[where : where + 4] = struct.pack("<I", size)
    return bytes(lying)


@pytest.mark.parametrize("size", [0, 1, 999, 1001, 5000])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_size_that_lies_is_damage(size: int, method: int) -> None:
    (photo,) = photos_of(lie_about_size(packed(("a.jpg", bytes(range(250)) * 4), method=method), size))
    with pytest.raises(BadArchiveEntry, match="damaged"):
        read(photo)


def test_a_bomb_that_lies_about_its_size_is_unpacked_no_further_than_it_says() -> None:
    (photo,) = photos_of(lie_about_size(packed(("a.bmp", bytes(200 * MB))), 1000))
    tracemalloc.start()
    try:
        with pytest.raises(BadArchiveEntry, match="damaged"):
            read(photo)
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()


def test_a_large_photo_is_not_held() -> None:
    (photo,) = photos_of(packed(("a.bmp", bytes(100 * MB))), each=100 * MB, together=100 * MB)

    async def run() -> int:
        return sum([len(chunk) async for chunk in photo.chunks])

    tracemalloc.start()
    try:
        assert asyncio.run(run()) == 100 * MB
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()


def test_files_that_share_their_bytes_are_refused() -> None:
    archive = packed(("a.bmp", bytes(MB)))
    table, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    entry = archive[table:end]
    count = 20
    tail = bytearray(archive[end:])
    tail[8:16] = struct.pack("<HHI", count, count, len(entry) * count)
    with pytest.raises(BadArchive, match="overlap"):
        photos_of(archive[:table] + entry * count + bytes(tail))


def test_an_encrypted_file_is_told() -> None:
    archive = bytearray(packed(("a.jpg", b"abc"), ("b.jpg", b"b")))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + at] |= 1
    encrypted, plain = photos_of(bytes(archive))
    with pytest.raises(BadArchiveEntry, match="encrypted"):
        read(encrypted)
    assert read(plain) == b"b"


def test_a_link_is_no_photo() -> None:
    link = zipfile.ZipInfo("a.jpg")
    link.create_system = 3
    link.external_attr = 0o120777 << 16
    (photo,) = photos_of(packed((link, b"/etc/passwd")))
    with pytest.raises(BadArchiveEntry, match="link"):
        read(photo)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_cannot_be_bounded_is_told(method: int) -> None:
    (photo,) = photos_of(packed(("a.bmp", bytes(MB)), method=method))
    with pytest.raises(BadArchiveEntry, match="another method"):
        read(photo)


@pytest.mark.parametrize(
    "inner", [packed(("x.jpg", b"x")), b"\x1f\x8b\x08rest", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1crest"]
)
def test_an_archive_in_the_archive_is_told(inner: bytes) -> None:
    (photo,) = photos_of(packed(("photos.jpg", inner)))
    with pytest.raises(BadArchiveEntry, match="archive itself"):
        read(photo)


def test_a_changed_byte_is_damage() -> None:
    archive = bytearray(packed(("a.jpg", b"abcdefgh"), method=zipfile.ZIP_STORED))
    archive[archive.index(b"abcdefgh")] ^= 1
    (photo,) = photos_of(bytes(archive))
    with pytest.raises(BadArchiveEntry, match="damaged"):
        read(photo)


def test_an_empty_file_has_no_chunks() -> None:
    (photo,) = photos_of(packed(("a.jpg", b"")))
    assert read(photo) == b""


GOOD = packed(("a.jpg", b"abc" * 100), ("dir/b.jpg", random.Random(1).randbytes(300)))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(GOOD)))
@example([(GOOD.index(b"PK\x01\x02") + 6, 255)], 0)
def test_a_damaged_archive_is_refused_in_words(changes: list[tuple[int, int]], cut: int) -> None:
    archive = bytearray(GOOD)
    for where, value in changes:
        archive[where] = value
    damaged = bytes(archive[: len(archive) - cut] if cut % 3 == 1 else archive)
    try:
        photos = photos_of(damaged)
    except BadArchive:
        return
    for photo in photos:
        try:
            assert len(read(photo)) == photo.size
        except BadArchiveEntry:
            continue


@pytest.mark.parametrize("make", [lambda: photos_of(GOOD), lambda: photos_of(GOOD, most=2)])
def test_the_good_archive_is_good(make: Callable[[], list[ArchivedPhoto]]) -> None:
    assert [len(read(photo)) for photo in make()] == [300, 300]
