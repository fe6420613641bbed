"""A form of many files, read part by part while it arrives: nothing of it is collected but its fields."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers

from app.http.refusals import MalformedForm

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part of this field; `file_name` is None for text."""

    name: str
    file_name: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the part that has begun."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part is whole."""


@dataclass(frozen=True, slots=True)
class ChunkRead:
    """All of the `size` bytes of the body that have come together is handled."""

    size: int


Seen: TypeAlias = PartBegins | PartData | PartEnds | ChunkRead


class PartStream:
    """What python-multipart sees in the body of a form, in its order."""

    def __init__(self, headers: Headers) -> None:
        """Raises `MalformedForm`."""
        _, parameters = parse_options_header(headers.get("content-type"))  # the gate has checked that it is a form
        self._charset = parameters.get(b"charset", b"utf-8").decode("latin-1")
        self._seen: list[PartBegins | PartData | PartEnds] = []
        self._header_name, self._header_value = b"", b""
        self._disposition = b""
        try:
            self._parser = MultipartParser(parameters[b"boundary"], self._callbacks())
        except FormParserError as error:
            raise _malformed(error) from error

    async def of(self, body: AsyncIterator[bytes]) -> AsyncGenerator[Seen, None]:
        """The parts of a body. Raises `MalformedForm`, and what the body raises."""
        async for chunk in body:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _malformed(error) from error
            seen, self._seen = self._seen, []
            for one in seen:
                yield one
            yield ChunkRead(len(chunk))
        self._parser.finalize()

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": lambda data, start, end: self._seen.append(PartData(data[start:end])),
            "on_part_end": lambda: self._seen.append(PartEnds()),
        }

    def _on_part_begin(self) -> None:
        self._header_name, self._header_value, self._disposition = b"", b"", b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name, self._header_value = b"", b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise MalformedForm("A part of the form has no name.")
        name, file_name = options[b"name"], options.get(b"filename")
        self._seen.append(PartBegins(self._text(name), None if file_name is None else self._text(file_name)))

    def _text(self, data: bytes) -> str:
        try:
            return data.decode(self._charset)
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def text_of(self, data: bytes) -> str:
        """The value of a field."""
        return self._text(data)


def _malformed(error: FormParserError) -> MalformedForm:
    return MalformedForm(f"The form is malformed: {str(error).rstrip('.')}.")
