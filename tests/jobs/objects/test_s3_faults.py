"""A store over a network: what a job sees when it is away, slow, or does not know us."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.request
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import obstore
import pytest

from jobs.errors import StoreUnavailable
from jobs.keys import photo_key
from jobs.objects import ObjectStore, open_objects
from jobs.objects.presigned import with_parameters
from tests.jobs.s3_server import BUCKET, SECRET_KEY, S3Server, free_ports, store_of

MB = 2**20
KEY = photo_key(UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


async def photo(megabytes: int = 12) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield bytes(MB)


async def every_call_is_unavailable(objects: ObjectStore, sentence: str, within_s: float) -> None:
    calls = {
        "put": objects.put(KEY, b"1"),
        "put of a stream": objects.put(KEY, photo()),
        "read": objects.read(KEY, max_bytes=1),
        "stream": objects.stream(KEY),
        "delete": objects.delete([KEY]),
        "list": anext(objects.list()),
        "check": objects.check(),
    }
    began = time.monotonic()
    outcomes = await asyncio.gather(*calls.values(), return_exceptions=True)
    assert time.monotonic() - began < within_s
    for name, outcome in zip(calls, outcomes, strict=True):
        assert isinstance(outcome, StoreUnavailable), name
        assert sentence in outcome.message, name


def test_a_store_that_is_not_there_is_unavailable_soon(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    asyncio.run(every_call_is_unavailable(open_objects(s3_url), "does not answer", 10))


def test_a_store_that_hangs_is_unavailable_and_works_when_it_goes_on(s3_url: str, s3_server: S3Server) -> None:
    objects = open_objects(s3_url, timeout_s=0.5)

    async def run() -> None:
        await objects.put(KEY, b"1")
        s3_server.pause()
        try:
            began = time.monotonic()
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await objects.read(KEY, max_bytes=1)
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await objects.put(KEY, b"2")
            assert time.monotonic() - began < 8
        finally:
            s3_server.go_on()
        assert await open_objects(s3_url).read(KEY, max_bytes=1) in (b"1", b"2")
        for _ in range(10):  # half a second may be too little for a server that has just gone on
            try:
                assert await objects.put(KEY, b"3") == 1
            except StoreUnavailable:
                continue
            break
        assert await objects.read(KEY, max_bytes=1) == b"3"

    asyncio.run(run())


def test_a_store_that_stops_is_unavailable_and_works_when_it_is_back(s3_url: str, s3_server: S3Server) -> None:
    objects = open_objects(s3_url)

    async def stopping() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield bytes(MB)
        s3_server.kill()
        for _ in range(12):
            yield bytes(MB)

    async def run() -> None:
        await objects.put(KEY, bytes(5 * MB))
        download = await objects.stream(KEY)
        await anext(download.chunks)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await objects.put(KEY, stopping())
        assert time.monotonic() - began < 20
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await anext(download.chunks)
        await asyncio.to_thread(s3_server.start)
        for _ in range(50):  # its parts find each other
            try:
                await objects.put(KEY, b"again")
                break
            except StoreUnavailable:
                await asyncio.sleep(0.2)
        assert await objects.read(KEY, max_bytes=5) == b"again"

    asyncio.run(run())


def test_wrong_credentials_are_told(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    objects = open_objects(s3_url)

    async def run() -> None:
        for call in (objects.put(KEY, b"1"), objects.check(), objects.delete([KEY])):
            with pytest.raises(StoreUnavailable, match="refuses this server"):
                await call

    asyncio.run(run())


def test_an_unfinished_upload_is_forgotten_by_the_store(s3_url: str, s3_server: S3Server) -> None:
    objects = open_objects(s3_url)
    began: list[str] = []

    async def run() -> None:
        waiting = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(12):
                yield bytes(MB)
            began.extend(unfinished_uploads(s3_server))
            waiting.set()
            await asyncio.sleep(60)

        task = asyncio.create_task(objects.put(KEY, endless()))
        await asyncio.wait_for(waiting.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert f"{s3_url.rsplit('/')[-1]}/{KEY}" in began
    assert not [key for key in unfinished_uploads(s3_server) if s3_url.endswith(key.split("/")[0])]


def unfinished_uploads(server: S3Server) -> list[str]:
    """The keys in the server's answer to ListMultipartUploads, through a URL that is signed for it."""
    store = store_of(server)
    plain = obstore.sign(store, "GET", "x", timedelta(seconds=60)).replace(f"/{BUCKET}/x?", f"/{BUCKET}?")
    with urllib.request.urlopen(with_parameters(plain, {"uploads": ""}, SECRET_KEY), timeout=5) as answer:
        return re.findall("<Key>(.*?)</Key>", answer.read().decode())
