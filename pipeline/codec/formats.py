"""The file formats of photos that are accepted, as one table: what each is known by, and what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.codec.file_parts import Parts, jpeg_parts
from pipeline.codec.png_parts import png_parts
from pipeline.codec.webp_parts import webp_parts
from pipeline.errors import UnsupportedMediaType


@dataclass(frozen=True, slots=True)
class InputFormat:
    """One row.

    `signature` matches the first bytes of a file, `take_apart` finds the parts that are read, and `plugin` is Pillow's
    reader. It is called instead of `PIL.Image.open`, so that no other decoder can be reached and Pillow's pixel limit
    for the whole process, which at first only warns, does not interfere with the caller's.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    signature: re.Pattern[bytes]
    take_apart: Callable[[bytes], Parts]
    plugin: Callable[[BytesIO], ImageFile]


INPUT_FORMATS = (
    InputFormat("PNG", "image/png", (".png",), re.compile(rb"\x89PNG\r\n\x1a\n"), png_parts, PngImageFile),
    InputFormat("JPEG", "image/jpeg", (".jpg", ".jpeg"), re.compile(rb"\xff\xd8\xff"), jpeg_parts, JpegImageFile),
    InputFormat("WebP", "image/webp", (".webp",), re.compile(rb"RIFF.{4}WEBP", re.DOTALL), webp_parts, WebPImageFile),
)


def format_of(data: bytes) -> InputFormat:
    """The format whose signature the file starts with. Raises `UnsupportedMediaType` for any other file."""
    for file_format in INPUT_FORMATS:
        if file_format.signature.match(data):
            return file_format
    raise UnsupportedMediaType(f"This is not a {accepted_names()} picture; only these are accepted.")


def accepted_names() -> str:
    """The names of the formats as a sentence has them: "JPEG, PNG or WebP"."""
    *others, last = sorted(row.name for row in INPUT_FORMATS)
    return f"{', '.join(others)} or {last}"
