"""A request that brings many photos: each goes into the object store while it arrives.

What the store has not written yet counts as arriving: many uploads that stall must not fill the memory.
"""

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import anyio
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile

from app.http.jobs.file_part import FilePart
from app.http.jobs.part_stream import ChunkRead, PartBegins, PartData, PartStream
from app.http.jobs.removal import remove_objects
from app.http.jobs.room import Room
from app.http.jobs.route import check_accepting, jobs_of, room_of
from app.http.jobs.stored_part import StoredFile
from app.http.jobs.submission import idempotency_key_of
from app.http.refusals import MalformedForm
from app.http.upload_memory import Upload
from app.settings import Settings
from app.work.errors import BadParameter
from app.work.service import Service
from jobs.keys import photo_key

FILE = "file"
MAX_FIELDS, MAX_FIELD_BYTES = 64, 4096


class BatchRoute(APIRoute):
    """A route whose requests are `BatchRequest`s. What a request that fails has stored for no job is deleted again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As `APIRoute` calls it, to make the function that answers a request."""
        handle = super().get_route_handler()

        async def handle_batch(request: Request) -> Response:
            check_accepting(request)
            batch = BatchRequest(
                request.scope, request.receive, await room_of(request, idempotency_key_of(request.headers))
            )
            try:
                return await handle(batch)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await batch.discard()
                raise

        return handle_batch


class BatchRequest(Request):
    """Its form has a `StoredFile` for each file; FastAPI checks the fields when all are there."""

    def __init__(self, scope: Any, receive: Any, room: Room) -> None:
        super().__init__(scope, receive)
        self._stored: list[StoredFile] = []
        self._room = room

    async def discard(self) -> None:
        """Delete what was stored, but for the photos of jobs."""
        await remove_objects([photo_key(file.number) for file in self._stored if not file.may_have_row], jobs_of(self))

    # What `Request.form()` returns; Starlette has no public method for it.
    async def _get_form(self, **_: Any) -> FormData:
        if self._form is None:
            self._form = FormData(await self._fields())
        return self._form

    async def _fields(self) -> list[tuple[str, UploadFile | str]]:
        """Names and values.

        Raises `MalformedForm`, `BadParameter`, `QuotaExceeded`, `StoreUnavailable` and what the gate raises.
        """
        service: Service = self.app.state.service
        settings = service.settings
        upload: Upload = self.scope["upload"]  # set by the gate
        fields: list[tuple[str, UploadFile | str]] = []
        name, part, text, kept = "", None, b"", 0
        stream = PartStream(self.headers)
        try:
            async with aclosing(self.stream()) as body, aclosing(stream.of(body)) as parts:
                async for seen in parts:
                    if isinstance(seen, ChunkRead):
                        held = 0 if part is None else part.kept
                        upload.pass_on(seen.size - (held - kept))
                        kept = held
                    elif isinstance(seen, PartBegins):
                        name, text, part = seen.name, b"", self._part(seen, len(fields), settings)
                    elif isinstance(seen, PartData) and part is not None:
                        await part.write(seen.data)
                    elif isinstance(seen, PartData):
                        text = _longer(name, text, seen.data)
                    elif part is not None:
                        with service.memory.held(part.kept):  # a whole upload no longer counts as one
                            await part.end()
                        part = None
                    else:
                        fields.append((name, stream.text_of(text)))
        finally:
            if part is not None:
                await part.discard()
        return [*fields, *((FILE, file) for file in self._stored)]

    def _part(self, begins: PartBegins, fields: int, settings: Settings) -> FilePart | None:
        """The file that begins; None for a text. Raises `MalformedForm` and `BadParameter`."""
        if begins.file_name is None:
            if fields >= MAX_FIELDS:
                raise MalformedForm(f"Too many fields. Maximum number of fields is {MAX_FIELDS}.")
            return None
        if begins.name != FILE:
            raise BadParameter(f"{begins.name[:80]} is no file of this form: the photos belong in the field file.")
        if len(self._stored) >= settings.batch_size:
            raise BadParameter(f"A batch has at most {settings.batch_size} photos.")
        return FilePart(begins.file_name, self._stored, jobs_of(self), settings, self._room)


def _longer(name: str, text: bytes, more: bytes) -> bytes:
    if len(text) + len(more) > MAX_FIELD_BYTES:
        raise MalformedForm(f"{name[:80]} is longer than {MAX_FIELD_BYTES} bytes.")
    return text + more
