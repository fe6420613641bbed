"""The formats that a result can be written in, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.codec.avif_output import avif_output
from pipeline.codec.jpeg_output import jpeg_output
from pipeline.codec.levels import Levels
from pipeline.codec.png_output import png_output
from pipeline.codec.tiff_output import tiff_output
from pipeline.codec.webp_output import webp_output
from pipeline.errors import OutputFormatLimit
from pipeline.options import FileOptions, OutputFormat
from pipeline.types import FileTags


@dataclass(frozen=True, slots=True)
class FormatInfo:
    """One row: media type, suffixes (the first is used), longest side in pixels, and what a file can hold.

    `write` makes the file of levels, options and tags; the levels are of 8 bits, or where `has_16_bits` of 16 too.
    `has_grey`: whether a file may have a single channel; `has_grey_alpha`: one of grey and one of opacity, of 8 bits.
    `most_exif`, `most_xmp` and `most_iptc` are bytes.
    """

    media_type: str
    suffixes: tuple[str, ...]
    max_side: int
    write: Callable[[Levels, FileOptions, FileTags], bytes]
    has_alpha: bool = True
    has_grey: bool = True
    has_grey_alpha: bool = False
    has_16_bits: bool = False
    most_exif: int = 2**30
    most_xmp: int = 2**30
    most_iptc: int = 2**30


# A segment of a JPEG file has 65,533 bytes, of which the marks of EXIF, XMP and IPTC take some.
_MOST_EXIF, _MOST_XMP, _MOST_IPTC = 65_527, 65_502, 65_506
# AVIF itself allows 65,536 pixels; but what is longer than this, readers with libavif refuse.
_AVIF_SIDE = 32_768

OUTPUT_FORMATS: Mapping[OutputFormat, FormatInfo] = {
    "png": FormatInfo("image/png", (".png",), 1_000_000, png_output, has_grey_alpha=True, has_16_bits=True),
    "jpeg": FormatInfo(
        "image/jpeg",
        (".jpg", ".jpeg"),
        65_500,
        jpeg_output,
        has_alpha=False,
        most_exif=_MOST_EXIF,
        most_xmp=_MOST_XMP,
        most_iptc=_MOST_IPTC,
    ),
    "webp": FormatInfo("image/webp", (".webp",), 16_383, webp_output, has_grey=False, most_iptc=0),
    "avif": FormatInfo("image/avif", (".avif",), _AVIF_SIDE, avif_output, most_iptc=0),
    "tiff": FormatInfo("image/tiff", (".tif", ".tiff"), 1_000_000, tiff_output, has_16_bits=True),
}


def check_size(width: int, height: int, output_format: OutputFormat) -> None:
    """Raise `OutputFormatLimit` where a side, in pixels, is longer than the format allows."""
    limit = OUTPUT_FORMATS[output_format].max_side
    if max(width, height) > limit:
        raise OutputFormatLimit(
            f"The result has {width} × {height} pixels, but a {output_format.upper()} file cannot be longer than "
            f"{limit} pixels on a side; choose another output format or a smaller size."
        )
