"""One file of a form on its way into the object store, which takes it while it arrives."""

import asyncio
import hashlib
from io import BytesIO
from uuid import UUID

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.datastructures import UploadFile
from uuid_utils.compat import uuid7

from app.http.encoded_picture import HEAD, encoding_of
from app.http.jobs.room import Room
from app.http.jobs.route import Jobs
from app.http.refusals import BodyTooLarge
from app.settings import FORM_OVERHEAD
from app.work.errors import BadParameter
from jobs.keys import photo_key
from jobs.quota import Load
from pipeline.codec.formats import format_of
from pipeline.errors import PipelineError, UnsupportedMediaType


class StoredFile(UploadFile):
    """A file of a form that lies in the object store as the photo of the job `number`.

    `fault` is why there is nothing under its key: the job fails with it. `kept_bytes` are those in the store.
    `digest`: SHA-256 of what has arrived, of a file with a fault too. `may_have_row`: its job may be in the table, so
    that the photo has to stay.
    """

    may_have_row = False

    def __init__(self, number: UUID, file_name: str, size: int, fault: PipelineError | None, digest: bytes) -> None:
        super().__init__(BytesIO(), filename=file_name)
        self.number, self.fault, self.digest = number, fault, digest
        self.kept_bytes = size if fault is None else 0


class StoredPart:
    """A file that arrives. What cannot be a photo is not stored: it becomes the file's `fault`."""

    def __init__(self, file_name: str, jobs: Jobs, max_bytes: int, room: Room) -> None:
        self.number: UUID = uuid7()
        self._file_name, self._jobs, self._max_bytes, self._room = file_name, jobs, max_bytes, room
        self._send, receive = anyio.create_memory_object_stream[bytes](0)
        self._storing = asyncio.create_task(self._store(receive))
        self._size, self._head, self._is_checked = 0, b"", False
        self._fault: PipelineError | None = None
        self._digest = hashlib.sha256()

    @property
    def kept(self) -> int:
        """Bytes of it that may be in memory, because the object store writes many at once."""
        return 0 if self._fault is not None else min(self._size, self._jobs.objects.held_bytes)

    async def write(self, data: bytes) -> None:
        """Store some bytes; returns when the store has taken them. Raises `StoreUnavailable` and `QuotaExceeded`."""
        self._digest.update(data)
        if self._fault is not None:
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            await self._refuse(BodyTooLarge(self._max_bytes + FORM_OVERHEAD))
            return
        self._room.check(Load(waiting=0, kept_bytes=self._size))  # it may turn out to be no photo
        if self._is_checked:
            await self._pass_on(data)
        else:
            self._head += data
            if len(self._head) >= HEAD:
                await self._check()

    async def end(self) -> StoredFile:
        """The whole file. Raises `StoreUnavailable`."""
        if self._size == 0:
            await self._refuse(BadParameter("file is empty."))
        elif not self._is_checked and self._fault is None:
            await self._check()
        if self._fault is None:
            await self._send.aclose()
            await self._storing
        return self._stored_file()

    async def fail(self, fault: PipelineError) -> StoredFile:
        """The file cannot be taken: it is not stored, and this is why."""
        await self._refuse(fault)
        return self._stored_file()

    async def discard(self) -> None:
        """Store no more of it: what was begun leaves nothing behind."""
        self._storing.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(self._storing, return_exceptions=True)

    def _stored_file(self) -> StoredFile:
        return StoredFile(self.number, self._file_name, self._size, self._fault, self._digest.digest())

    async def _check(self) -> None:
        """Look at the first bytes: what is no picture is not stored."""
        head, self._head, self._is_checked = self._head, b"", True
        encoding = encoding_of(head)
        try:
            if encoding is not None:
                raise UnsupportedMediaType(
                    f"file is {encoding}: send the bytes of the picture instead.", stage="decode"
                )
            _ = format_of(head)
        except PipelineError as error:
            error.stage = error.stage or "decode"
            await self._refuse(error)
            return
        await self._pass_on(head)

    async def _refuse(self, fault: PipelineError) -> None:
        self._fault = fault
        await self.discard()

    async def _pass_on(self, data: bytes) -> None:
        try:
            await self._send.send(data)
        except anyio.BrokenResourceError:
            await self._storing  # which raises
            raise

    async def _store(self, receive: MemoryObjectReceiveStream[bytes]) -> None:
        async with receive:
            await self._jobs.objects.put(photo_key(self.number), receive)
