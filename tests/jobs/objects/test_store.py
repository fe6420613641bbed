from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import pytest

from jobs.keys import photo_key, result_keys
from jobs.objects import ObjectMissing, ObjectStore, ObjectTooLarge, RangeOutside, open_objects

MB = 2**20
JOB = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
KEY = photo_key(JOB)


async def stream_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def keys_of(objects: ObjectStore, prefix: str = "") -> list[str]:
    return sorted([entry.key async for entry in objects.list(prefix)])


@pytest.mark.parametrize("size", [0, 1, 2 * MB, 5 * MB, 5 * MB + 1, 17 * MB])
def test_what_was_put_is_read_whether_it_came_whole_or_in_chunks(objects: ObjectStore, size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]

    async def run() -> None:
        assert await objects.put(KEY, body) == size
        assert await objects.read(KEY, max_bytes=size) == body
        chunks = stream_of(*(body[at : at + 700_001] for at in range(0, size, 700_001)), b"")
        key = photo_key(uuid4())
        assert await objects.put(key, chunks) == size
        assert await objects.read(key, max_bytes=size) == body

    asyncio.run(run())


def test_a_second_put_takes_the_place_of_the_first(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.put(KEY, b"first")
        await objects.put(KEY, b"second one")
        assert await objects.read(KEY, max_bytes=100) == b"second one"

    asyncio.run(run())


def test_two_puts_at_once_leave_one_of_them_whole(objects: ObjectStore) -> None:
    async def run() -> None:
        bodies = [bytes([number]) * (9 * MB) for number in range(3)]
        await asyncio.gather(*(objects.put(KEY, stream_of(body[:MB], body[MB:])) for body in bodies))
        assert await objects.read(KEY, max_bytes=9 * MB) in bodies
        assert await keys_of(objects) == [KEY]

    asyncio.run(run())


def test_what_is_not_there_is_missing(objects: ObjectStore) -> None:
    async def run() -> None:
        with pytest.raises(ObjectMissing, match="not there") as caught:
            await objects.read(KEY, max_bytes=10)
        assert caught.value.code == "object_missing"
        with pytest.raises(ObjectMissing):
            await objects.stream(KEY)

    asyncio.run(run())


def test_more_than_the_reader_takes_is_not_read(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.put(KEY, b"12345")
        with pytest.raises(ObjectTooLarge, match="has 5 bytes; at most 4"):
            await objects.read(KEY, max_bytes=4)
        assert await objects.read(KEY, max_bytes=5) == b"12345"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, None, b"3456789"), (3, 6, b"345"), (9, 10, b"9"), (4, 99, b"456789"), (5, 5, b"")],
)
def test_a_range_gives_its_bytes(objects: ObjectStore, start: int, end: int | None, expected: bytes) -> None:
    async def run() -> None:
        await objects.put(KEY, b"0123456789")
        download = await objects.stream(KEY, start=start, end=end)
        assert b"".join([chunk async for chunk in download.chunks]) == expected
        assert (download.size, download.end - download.start) == (10, len(expected))

    asyncio.run(run())


def test_a_range_behind_the_end_tells_the_size(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.put(KEY, b"0123456789")
        with pytest.raises(RangeOutside) as caught:
            await objects.stream(KEY, start=10)
        assert caught.value.size == 10

    asyncio.run(run())


def test_the_etag_is_that_of_the_bytes(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.put(KEY, b"one")
        first = (await objects.stream(KEY)).etag
        assert first is not None
        assert first.startswith('"')
        assert first.endswith('"')
        assert (await objects.stream(KEY)).etag == first
        await objects.put(KEY, b"three")
        assert (await objects.stream(KEY)).etag != first

    asyncio.run(run())


def test_a_stream_that_fails_leaves_nothing(objects: ObjectStore) -> None:
    async def broken(chunks: int) -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield b"x" * (4 * MB)
        raise FileNotFoundError("of the source, not of the store")

    async def run() -> None:
        for chunks in (0, 1, 7):
            with pytest.raises(FileNotFoundError, match="of the source"):
                await objects.put(KEY, broken(chunks))
            assert await keys_of(objects) == []
        await objects.put(KEY, b"earlier")
        with pytest.raises(FileNotFoundError):
            await objects.put(KEY, broken(7))
        assert await objects.read(KEY, max_bytes=100) == b"earlier"

    asyncio.run(run())


def test_a_cancelled_put_leaves_nothing_and_ends_its_source(objects: ObjectStore) -> None:
    ended: list[str] = []

    async def endless(waiting: asyncio.Event) -> AsyncIterator[bytes]:
        try:
            for _ in range(7):
                yield b"x" * (4 * MB)
            waiting.set()
            await asyncio.sleep(60)
        finally:
            ended.append("source")

    async def run() -> None:
        waiting = asyncio.Event()
        task = asyncio.create_task(objects.put(KEY, endless(waiting)))
        await asyncio.wait_for(waiting.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["source"]
        assert await keys_of(objects) == []

    asyncio.run(run())


def test_a_stream_of_60_megabytes_is_not_held(objects: ObjectStore, request: pytest.FixtureRequest) -> None:
    """RSS counts what obstore holds; the memory store holds the object itself, of course."""
    if "memory" in request.node.name:
        pytest.skip("it keeps its objects in memory")

    async def photo() -> AsyncIterator[bytes]:
        for number in range(60):
            yield bytes([number]) * MB

    async def run() -> None:
        process = psutil.Process()
        await objects.put(KEY, b"x" * (9 * MB))  # what obstore needs anyway
        gc.collect()
        peaks: list[int] = []

        async def watch() -> None:
            while True:
                peaks.append(process.memory_info().rss)
                await asyncio.sleep(0.005)

        before = process.memory_info().rss
        watching = asyncio.create_task(watch())
        tracemalloc.start()
        try:
            assert await objects.put(KEY, photo()) == 60 * MB
            read = 0
            async for chunk in (await objects.stream(KEY)).chunks:
                read += len(chunk)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            watching.cancel()
        assert read == 60 * MB
        assert most < 40 * MB
        assert max(peaks) - before < 48 * MB

    asyncio.run(run())


def test_thousands_are_listed_and_deleted(objects: ObjectStore) -> None:
    async def run() -> None:
        made = [photo_key(uuid4()) for _ in range(2100)]
        for at in range(0, len(made), 100):
            await asyncio.gather(*(objects.put(key, b"123") for key in made[at : at + 100]))
        entries = [entry async for entry in objects.list("jobs")]
        assert sorted(entry.key for entry in entries) == sorted(made)
        assert {entry.size for entry in entries} == {3}
        await objects.delete([*made[:2000], photo_key(uuid4())])
        assert await keys_of(objects) == sorted(made[2000:])

    asyncio.run(run())


def test_a_prefix_lists_one_jobs_objects(objects: ObjectStore) -> None:
    async def run() -> None:
        results = result_keys(JOB, 2, ".png")
        for key in (KEY, *results, photo_key(uuid4())):
            await objects.put(key, b"1")
        assert await keys_of(objects, f"jobs/{JOB}") == sorted([KEY, *results])

    asyncio.run(run())


def test_the_time_of_an_entry_is_now(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.put(KEY, b"1")
        entry = await anext(objects.list())
        assert abs(entry.modified - time.time()) < 60

    asyncio.run(run())


def test_deleting_nothing_and_what_is_not_there_is_fine(objects: ObjectStore) -> None:
    async def run() -> None:
        await objects.delete([])
        await objects.delete([KEY, KEY])

    asyncio.run(run())


@pytest.mark.parametrize("replaced", [False, True])
def test_an_object_that_goes_while_it_streams_is_missing(objects: ObjectStore, replaced: bool) -> None:
    async def run() -> None:
        await objects.put(KEY, b"x" * (5 * MB))
        download = await objects.stream(KEY)
        await anext(download.chunks)
        await (objects.put(KEY, b"y" * (5 * MB)) if replaced else objects.delete([KEY]))
        with pytest.raises(ObjectMissing):
            async for _ in download.chunks:
                pass

    asyncio.run(run())


@pytest.mark.parametrize(
    "key", ["", "../x", "/etc/passwd", "jobs/../../x", f"jobs/{JOB}/../photo", f"jobs/{JOB}/photo\n"]
)
def test_a_key_that_was_not_made_here_is_a_fault_of_the_program(objects: ObjectStore, key: str) -> None:
    async def run() -> None:
        for call in (
            objects.put(key, b"1"),
            objects.read(key, max_bytes=1),
            objects.stream(key),
            objects.delete([key]),
        ):
            with pytest.raises(ValueError, match="no key"):
                await call

    asyncio.run(run())


def test_the_store_can_be_checked(objects: ObjectStore) -> None:
    asyncio.run(objects.check())


def test_a_process_that_ends_right_after_a_call_ends_well(tmp_path: Path) -> None:
    """Without the pause at exit, Python was aborted (SIGABRT) in a third of the runs."""
    program = f"""
import asyncio
from jobs.objects import open_objects
asyncio.run(open_objects("file://{tmp_path}").put("{KEY}", b"1"))
asyncio.run(open_objects("file://{tmp_path}").read("{KEY}", max_bytes=1))
"""
    for _ in range(6):
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_two_stores_of_one_place_see_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        await open_objects(f"file://{tmp_path}").put(KEY, b"1")
        assert await open_objects(f"file://{tmp_path}").read(KEY, max_bytes=1) == b"1"

    asyncio.run(run())
