"""Bytes of an uploaded file → its header: what the file is and how large, before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO

from PIL.Image import DecompressionBombError
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.codec.damage import damage_reported
from pipeline.codec.file_parts import EXIF_MARK, Parts
from pipeline.codec.formats import InputFormat, format_of
from pipeline.codec.orientation import orientation
from pipeline.errors import BrokenImage, TooManyPixels
from pipeline.types import FileTags


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a file before it is decoded.

    `width` and `height` are as stored, in pixels: the `orientation` (EXIF, XMP, TIFF's tag) may still swap them.
    It is 1 to 8; any other number counts as 1, upright. `parts` is what `pipeline.codec.decode.decode` needs.
    """

    file_format: InputFormat
    width: int
    height: int
    parts: Parts
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) in pixels of the photo that `decode` makes of the file."""
        return (self.height, self.width) if 5 <= self.orientation <= 8 else (self.width, self.height)


def inspect(data: bytes, *, max_pixels: int) -> Header:
    """The header of a file in one of the `INPUT_FORMATS`.

    Raises `UnsupportedMediaType` for any other file, `BrokenImage` where the file's structure is damaged, cut off or
    built to be expensive, and `TooManyPixels` above `max_pixels`. Damage in the pixels is found by `decode`.
    """
    file_format = format_of(data)
    with damage_reported(file_format.name):
        parts = file_format.take_apart(data)
        try:
            file = file_format.plugin(BytesIO(parts.pixels))
        except DecompressionBombError as error:  # Pillow refuses some WebP sizes without saying what they are
            raise TooManyPixels(
                f"The photo is too large; at most {max_pixels / 1e6:.4g} megapixels are accepted."
            ) from error
        if file.width * file.height == 0:
            raise BrokenImage(f"This {file_format.name} file is damaged: its picture has no pixels.")
        if file.width * file.height > max_pixels:
            raise TooManyPixels(
                f"The photo has {file.width * file.height / 1e6:.4g} megapixels ({file.width} × {file.height}); "
                f"at most {max_pixels / 1e6:.4g} are accepted."
            )
        # Of a WebP, libwebp finds these; of an AVIF, Pillow makes EXIF that says what the container says.
        exif, xmp = parts.exif or file.info.get("exif") or b"", parts.xmp or file.info.get("xmp") or b""
        if isinstance(file, WebPImageFile):
            parts = replace(parts, tags=FileTags(exif=exif.removeprefix(EXIF_MARK), xmp=xmp))
        turned = orientation(exif, xmp)
        return Header(file_format, file.width, file.height, parts, turned)
