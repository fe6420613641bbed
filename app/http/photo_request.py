"""A request that brings a photo: as a file of a form, as the body itself with the fields in the query, or by JSON.

The routes see a form in each case, so that all have the same fields, defaults, bounds and refusals.
"""

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from io import BytesIO
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.http.encoded_picture import encoding_of
from app.http.json_request import form_of_json, is_json
from app.http.photo_head import is_bare_photo
from app.http.refusals import MalformedForm
from app.sources.data_url import DATA_URL_HEAD, is_data_url
from app.work.errors import BadParameter

FILES = ("file", "reference")  # the fields that are files
URL = "url"  # the field that may hold a whole photo as text


class PhotoRoute(APIRoute):
    """A route whose requests are `PhotoRequest`s."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As `APIRoute` calls it, to make the function that answers a request."""
        handle = super().get_route_handler()

        async def handle_photo(request: Request) -> Response:
            return await handle(PhotoRequest(request.scope, request.receive))

        return handle_photo


class PhotoRequest(Request):
    """What `form()` returns is the same in each case. It raises `MalformedForm` and `BadParameter`."""

    # What `Request.form()` returns; Starlette has no public method for it.
    async def _get_form(
        self, *, max_files: float = 1000, max_fields: float = 1000, max_part_size: int = 2**20
    ) -> FormData:
        if self._form is None and is_bare_photo(self.headers):
            self._form = self._form_of_query(max_fields)
        elif self._form is None and is_json(self.headers):  # where the gate takes it
            self._form = form_of_json(await self.body())
        elif self._form is None:
            limits: dict[str, Any] = {
                "max_files": max_files,
                "max_fields": max_fields,
                "max_part_size": max_part_size,
            }
            try:
                async with aclosing(self.stream()) as stream:
                    self._form = _checked(await _PhotoFormParser(self.headers, stream, **limits).parse())
            except MultiPartException as error:
                raise MalformedForm(error.message) from error
        return self._form

    def _form_of_query(self, max_fields: float) -> FormData:
        fields = self.query_params.multi_items()
        if len(fields) > max_fields:
            raise MalformedForm(f"Too many fields. Maximum number of fields is {max_fields}.")
        for name in FILES:
            if name in self.query_params:
                raise BadParameter(
                    f"{name} cannot be in the query: the body is the photo, and a reference needs a form "
                    "(multipart/form-data)."
                )
        if URL in self.query_params:
            raise BadParameter("url cannot be in the query: there the body is the photo. Send it in a form.")
        return FormData([*fields, ("file", _Body(self))])


class _Body(UploadFile):
    """The body of a request as its file. It is read when it is asked for, after the fields are found to be right."""

    def __init__(self, request: Request) -> None:
        super().__init__(BytesIO())
        self._request = request

    async def read(self, size: int = -1) -> bytes:
        """The whole body, whatever the size. Raises `ClientDisconnect`, and what the gate raises."""
        buffer = BytesIO()
        async with aclosing(self._request.stream()) as stream:
            async for chunk in stream:
                buffer.write(chunk)
        return buffer.getvalue()  # which makes no copy

    async def close(self) -> None:
        """Nothing is held."""


class _PhotoFormParser(MultiPartParser):
    """Takes a data URL that is as long as a body may be. Says of another photo that was sent as text what it is."""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of a part. Raises `BadParameter` for a photo, `MultiPartException` for another long text."""
        try:
            super().on_part_data(data, start, end)
        except MultiPartException:
            part = self._current_part
            piece = data[start:end]
            begin = bytes(part.data[:DATA_URL_HEAD]) + piece[:DATA_URL_HEAD]
            if part.field_name == URL and piece.isascii() and is_data_url(begin.decode("latin-1")):
                part.data.extend(piece)
                return
            text = bytes(part.data) + piece
            if part.field_name in FILES or encoding_of(text):
                raise _text_as_file(part.field_name, text) from None
            raise


def _checked(form: FormData) -> FormData:
    """The form, if its files are files and the photo is not under another name. Raises `BadParameter`."""
    for name, value in form.multi_items():
        if name in FILES and isinstance(value, str) and value:
            raise _text_as_file(name, value.encode())
        if name == URL and isinstance(value, UploadFile):
            raise BadParameter("url is an address, and no file: the photo itself belongs in the field file.")
        if name not in FILES and isinstance(value, UploadFile) and "file" not in form:
            raise BadParameter(f"{name[:80]} is no field of this form: the photo belongs in the field file.")
    return form


def _text_as_file(name: str, text: bytes) -> BadParameter:
    seen, field = encoding_of(text) or "text", name if name in FILES else "file"
    return BadParameter(
        f"{name[:80]} is {seen}: send the picture itself as a file, as curl -F {field}=@photo.jpg does."
    )
