from __future__ import annotations

import asyncio
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.archive import ArchiveFile, results_archive, zipped
from jobs.objects import ObjectMissing, ObjectStore, open_objects
from tests.jobs.jobs_made import failed, finished, job

MB = 2**20


async def each(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def listed(*files: ArchiveFile) -> AsyncIterator[ArchiveFile]:
    for file in files:
        yield file


async def whole(pieces: AsyncIterator[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))


@given(st.lists(st.lists(st.binary(max_size=50), max_size=4), max_size=4))
def test_the_archive_has_the_files_bytes(bodies: list[list[bytes]]) -> None:
    files = [ArchiveFile(f"{number} é.png", sum(map(len, body)), each(*body)) for number, body in enumerate(bodies)]
    archive = asyncio.run(whole(zipped(listed(*files))))
    assert archive.testzip() is None
    assert archive.namelist() == [f"{number} é.png" for number in range(len(bodies))]
    for number, body in enumerate(bodies):
        assert archive.read(f"{number} é.png") == b"".join(body)
        assert archive.getinfo(f"{number} é.png").compress_type == zipfile.ZIP_STORED


def test_a_large_archive_is_not_held_and_is_read_as_it_is_sent() -> None:
    asked = 0

    async def photo() -> AsyncIterator[bytes]:
        nonlocal asked
        for _ in range(20):
            asked += 1
            yield bytes(MB)

    async def run() -> None:
        sent = 0
        async for piece in zipped(listed(*(ArchiveFile(f"{n}.png", 20 * MB, photo()) for n in range(5)))):
            sent += len(piece)
            assert asked <= sent // MB + 2
        assert sent > 100 * MB

    tracemalloc.start()
    try:
        asyncio.run(run())
        assert tracemalloc.get_traced_memory()[1] < 6 * MB
    finally:
        tracemalloc.stop()


def test_a_file_of_another_size_ends_the_archive() -> None:
    with pytest.raises(ValueError, match="has 3 bytes instead of 4"):
        asyncio.run(whole(zipped(listed(ArchiveFile("a.png", 4, each(b"123"))))))


def test_what_a_file_raises_is_raised() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"1"
        raise ObjectMissing("gone")

    with pytest.raises(ObjectMissing, match="gone"):
        asyncio.run(whole(zipped(listed(ArchiveFile("a.png", 4, broken())))))


async def put(objects: ObjectStore, picture_key: str, report_key: str, picture: bytes) -> None:
    await objects.put(picture_key, picture)
    report = {"faces": [{"action": "restored", "identity_similarity": 0.8}], "metrics": None}
    await objects.put(report_key, json.dumps({"status": "success", "data": report}).encode())


def test_a_batchs_results_come_under_their_clients_names_with_a_report() -> None:
    async def run() -> None:
        objects = open_objects("memory://")
        done = [finished("../me.jpg"), finished("ME.png"), finished("report.txt", ".jpg")]
        for number, each_job in enumerate(done):
            assert each_job.result is not None
            await put(objects, each_job.result.picture_key, each_job.result.report_key, bytes([number]) * 3 * MB)
        gone, bad, waits = finished("gone.jpg"), failed("bad.jpg", "It is broken."), job("later.jpg")
        archive = await whole(results_archive([*done, gone, bad, waits], objects))
        assert archive.testzip() is None
        assert archive.namelist() == ["me.png", "ME (2).png", "report.jpg", "report.csv", "report.json"]
        assert archive.read("ME (2).png") == b"\x01" * 3 * MB
        rows = json.loads(archive.read("report.json"))
        assert [row["file"] for row in rows] == ["me.jpg", "ME.png", "report.txt", "gone.jpg", "bad.jpg", "later.jpg"]
        assert [row["result"] for row in rows] == ["me.png", "ME (2).png", "report.jpg", None, None, None]
        assert [row["identity_similarity"] for row in rows] == [0.8, 0.8, 0.8, None, None, None]
        assert [row["error"] for row in rows[3:]] == ["The result is no longer there.", "It is broken.", None]
        assert archive.read("report.csv").decode("utf-8-sig").startswith('"job","file","state","result",')

    asyncio.run(run())


def test_a_result_without_its_report_is_in_the_archive() -> None:
    async def run() -> None:
        objects = open_objects("memory://")
        done = finished("me.jpg")
        assert done.result is not None
        await objects.put(done.result.picture_key, b"picture")
        archive = await whole(results_archive([done], objects))
        assert archive.read("me.png") == b"picture"

    asyncio.run(run())


def test_an_archive_of_nothing_is_a_report() -> None:
    archive = asyncio.run(whole(results_archive([], open_objects("memory://"))))
    assert archive.namelist() == ["report.csv", "report.json"]
    assert json.loads(archive.read("report.json")) == []
