"""Writes into a remote store or into memory, of bytes that come one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import TypeAlias

import obstore
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store

from jobs.objects.errors import writing
from jobs.objects.pieces import pieces, slices

Store: TypeAlias = S3Store | GCSStore | AzureStore | LocalStore | MemoryStore

PART_BYTES = 5 * 2**20  # the least that S3 takes; at most 10,000 of them: 50 GB
PARTS_AT_ONCE = 2
HELD_BYTES = (PARTS_AT_ONCE + 3) * PART_BYTES  # of a stream: parts that are sent, that wait, and that grow
ABORT_WAIT = timedelta(seconds=10)


async def put(store: Store, key: str, body: bytes | AsyncIterator[bytes]) -> int:
    """Writes one object; returns how many bytes it has. Raises `StoreUnavailable` and what the iterator raises.

    More than `PART_BYTES` are written in parts, so that no request takes long, however large the object.
    """
    if isinstance(body, bytes):
        if len(body) <= PART_BYTES:
            return await _put_at_once(store, key, body)
        body = slices(body, PART_BYTES)
    async with aclosing(pieces(body, PART_BYTES)) as parts:
        first = await anext(parts, b"")
        second = await anext(parts, b"")
        if not second:
            return await _put_at_once(store, key, first)
        size = len(first) + len(second)
        upload = Multipart(store, key)
        try:
            await upload.give(first)
            await upload.give(second)
            del first, second  # a part is let go as soon as it was sent
            async for part in parts:
                await upload.give(part)
                size += len(part)
            await upload.finish()
        except BaseException:
            await upload.abort()
            raise
    return size


async def _put_at_once(store: Store, key: str, body: bytes) -> int:
    with writing():
        await obstore.put_async(store, key, body, use_multipart=False)
    return len(body)


class Multipart:
    """An upload in parts, which becomes an object only when `finish` returns.

    The parts come from the task that uses this, not from obstore: so a cancelled task ends its source as any other code
    would, and the store is told to forget the parts.
    """

    def __init__(self, store: Store, key: str) -> None:
        self._slot: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._ended = False
        self._put = asyncio.ensure_future(
            obstore.put_async(
                store, key, self, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )
        )

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = None if self._ended else await self._slot.get()
        if self._ended:
            raise UploadEnded
        if part is None:
            raise StopAsyncIteration
        return part

    async def give(self, part: bytes | None) -> None:
        """Hands a part over, None as the last one. Raises `StoreUnavailable` where the upload has failed."""
        giving = asyncio.ensure_future(self._slot.put(part))
        try:
            await asyncio.wait({giving, self._put}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            giving.cancel()
        if not giving.done() or self._put.done():
            await self._end()

    async def finish(self) -> None:
        """Makes the object of the parts. Raises `StoreUnavailable`."""
        await self.give(None)
        await self._end()

    async def abort(self) -> None:
        """Tells the store to forget the parts; waits for that, but not for long."""
        self._ended = True
        if self._slot.empty():
            self._slot.put_nowait(None)
        await asyncio.wait({self._put}, timeout=ABORT_WAIT.total_seconds())
        if not self._put.cancelled() and self._put.done():
            self._put.exception()  # it is told by who aborts

    async def _end(self) -> None:
        with writing():
            await asyncio.shield(self._put)


class UploadEnded(Exception):
    """Tells obstore that no more parts come and that the upload is to be forgotten."""
