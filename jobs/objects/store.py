"""Objects by key: put, read, stream, list, delete."""

import asyncio
import atexit
import itertools
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.store import LocalStore, MemoryStore, S3Store

from jobs.breakers import StoreBreaker, watched
from jobs.keys import checked, job_of
from jobs.objects import local, upload
from jobs.objects.errors import ObjectMissing, ObjectTooLarge, RangeOutside, reading, writing
from jobs.objects.presigned import presigned
from jobs.objects.upload import Store
from jobs.observer import SILENT, Observer

READ_BYTES = 2 * 2**20  # of one request while an object is streamed: what a reader holds
LIST_PAGE = 1000
BULK = 1000  # keys that S3 deletes at once
DELETES_AT_ONCE = 16
CHECK_KEY = "check"
SETTLE_S = 0.1


@dataclass(frozen=True, slots=True)
class Download:
    """An object that is being read. `size`: of the whole object; `chunks` are the bytes from `start` up to `end`.

    `etag` is the store's, with its quotation marks, or None where it has none. `chunks` asks the store for one piece
    after the other: a slow reader holds no connection. It raises `ObjectMissing` where the object was deleted or
    replaced meanwhile, and `StoreUnavailable`.
    """

    key: str
    size: int
    etag: str | None
    start: int
    end: int
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a list. `modified` is in seconds since 1970 by the store's clock."""

    key: str
    size: int
    modified: float


class ObjectStore:
    """Photos and results. All methods raise `StoreUnavailable` after a few tries; keys come from `jobs.keys`.

    obstore itself repeats requests to a remote store that fail, with growing pauses of random length
    (`jobs.objects.urls`). A remote store that has not answered several times in a row is left alone for a while
    (`jobs.breakers`). `observer` is told of each call that fails all the same.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.observer: Observer = SILENT
        is_remote = not isinstance(store, LocalStore | MemoryStore)
        self.breaker = StoreBreaker() if is_remote else None
        atexit.unregister(_settle)
        atexit.register(_settle)

    async def check(self) -> None:
        """Looks whether objects can be written, deleted and listed."""
        root = _root(self._store)
        if root is not None:
            await local.check_folder(root)
        else:
            await upload.put(self._store, CHECK_KEY, b"")
            await self._delete(CHECK_KEY)
        with writing():
            await anext(aiter(obstore.list(self._store, "jobs", chunk_size=1)), None)

    @property
    def held_bytes(self) -> int:
        """The most bytes of a stream that `put` holds in memory."""
        return upload.HELD_BYTES if _root(self._store) is None else local.HELD_BYTES

    async def put(self, key: str, body: bytes | AsyncIterator[bytes]) -> int:
        """Writes an object, whole or not at all, in place of one that was there; returns how many bytes it has.

        What the iterator raises is raised, and then nothing was written, as when the task is cancelled. (Where the
        cancellation comes while the last step is done, the object may be there, whole.) Of a stream,
        `held_bytes` at most are in memory.
        """
        checked(key)
        root = _root(self._store)
        with self._calling():
            return await (upload.put(self._store, key, body) if root is None else local.put(root, key, body))

    async def read(self, key: str, *, max_bytes: int) -> bytes:
        """A whole object. Raises `ObjectMissing`, and `ObjectTooLarge` before it reads one of more than `max_bytes`."""
        download = await self.stream(key)
        if download.size > max_bytes:
            raise ObjectTooLarge(f"The file has {download.size} bytes; at most {max_bytes} are taken.")
        return b"".join([chunk async for chunk in download.chunks])

    async def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Download:
        """An object's bytes from `start` up to `end` (exclusive; None or behind the end: to the end).

        Raises `ObjectMissing`, and `RangeOutside` where `start` lies behind the last byte; 0 never does.
        """
        with self._calling(), reading():
            meta = await obstore.head_async(self._store, checked(key))
        size, etag = meta["size"], meta["e_tag"]
        if start < 0 or (start >= size and start > 0):
            raise RangeOutside(size)
        end = size if end is None else max(start, min(end, size))
        return Download(key, size, etag, start, end, self._chunks(key, etag, start, end))

    def part(self, found: Download, start: int, end: int) -> Download:
        """Other bytes of an object that `stream` has found, from `start` up to `end`, both inside of it."""
        return replace(found, start=start, end=end, chunks=self._chunks(found.key, found.etag, start, end))

    async def _chunks(self, key: str, etag: str | None, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, READ_BYTES):
            part = (at, min(at + READ_BYTES, end))
            with self._calling(), reading():
                found = await obstore.get_async(self._store, key, options={"range": part, "if_match": etag})
                chunk = bytes(await found.bytes_async())
            if len(chunk) != part[1] - part[0]:
                raise ObjectMissing("Another file has taken the place of this one while it was read.")
            yield chunk

    async def delete(self, keys: Iterable[str]) -> None:
        """Deletes objects. Those that are not there are fine."""
        left = iter([checked(key) for key in keys])
        if isinstance(self._store, S3Store):
            while batch := list(itertools.islice(left, BULK)):
                with self._calling(), writing():
                    await obstore.delete_async(self._store, batch)
            return
        while batch := list(itertools.islice(left, DELETES_AT_ONCE)):
            await asyncio.gather(*(self._delete(key) for key in batch))

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """A call to the store, of which the observer and the breaker learn how it went."""
        with self.observer.telling("objects"), watched(self.breaker):
            yield

    async def _delete(self, key: str) -> None:
        with self._calling(), writing(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def list(self, prefix: str = "") -> AsyncIterator[Entry]:
        """All objects whose key begins with `prefix`, whole names of folders ("jobs", "jobs/<id>"), in no order.

        What is not ours in a shared bucket or folder is left out, so that nobody deletes it by this list.
        """
        pages = aiter(obstore.list(self._store, prefix or None, chunk_size=LIST_PAGE))
        while True:
            with self._calling(), writing():
                page = await anext(pages, None)
            if page is None:
                return
            for found in page:
                if job_of(found["path"]) is not None:
                    yield Entry(found["path"], found["size"], found["last_modified"].timestamp())

    async def presigned(self, key: str, *, expires_s: float, file_name: str, media_type: str) -> str | None:
        """A URL from which the object can be downloaded for `expires_s` seconds, under a name, without our credentials.

        None where the store has none: only S3 has, with keys given as settings.
        """
        lasts = timedelta(seconds=expires_s)
        return await presigned(self._store, checked(key), lasts, file_name, media_type)


def _root(store: Store) -> Path | None:
    return store.prefix if isinstance(store, LocalStore) else None


def _settle() -> None:
    """Lets the threads of obstore hand over their last answers: Python that ends meanwhile is aborted (SIGABRT)."""
    time.sleep(SETTLE_S)
