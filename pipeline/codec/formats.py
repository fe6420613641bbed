"""The file formats of photos that are accepted, as one table: what each is known by, and what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pillow_heif
from PIL import AvifImagePlugin, TiffImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from pipeline.codec.bmp_parts import bmp_parts
from pipeline.codec.file_parts import Parts, jpeg_parts
from pipeline.codec.gif_parts import gif_parts
from pipeline.codec.heif_parts import avif_parts, heic_parts
from pipeline.codec.png_parts import png_parts
from pipeline.codec.tiff_parts import tiff_parts
from pipeline.codec.webp_parts import webp_parts
from pipeline.errors import UnsupportedMediaType
from pipeline.options import OutputFormat

# These hold for the whole process. One photo's decoder takes one core, as those of the other formats do. Pillow's own
# reader of uncompressed TIFF mistakes 16-bit colours that are stored one by one; libtiff does not.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
TiffImagePlugin.READ_LIBTIFF = True
pillow_heif.options.DECODE_THREADS = 1


@dataclass(frozen=True, slots=True)
class InputFormat:
    """One row.

    `signature` matches the first bytes of a file, `take_apart` finds the parts that are read, and `plugin` is Pillow's
    reader. It is called instead of `PIL.Image.open`, so that no other decoder can be reached and Pillow's pixel limit
    for the whole process, which at first only warns, does not interfere with the caller's. `output_format` is what a
    result is written as that is to have the photo's format: that format, or the nearest one that can be written.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    signature: re.Pattern[bytes]
    take_apart: Callable[[bytes], Parts]
    plugin: Callable[[BytesIO], ImageFile]
    output_format: OutputFormat


_TIFF = re.compile(rb"II[*+]\0|MM\0[*+]")
_BMP = re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)  # with a size of the second header
# A file's own brand, or that of HEIF in general, and then one of those that it is compatible with.
_AVIF = re.compile(rb".{4}ftyp(?:m[is]f1.{4}(?:.{4}){0,15}?)?avi[fs]", re.DOTALL)
_HEIC = re.compile(rb".{4}ftyp(?:m[is]f1.{4}(?:.{4}){0,15}?)?(?:hei[cx]|hev[cx])", re.DOTALL)

INPUT_FORMATS = (
    InputFormat("PNG", "image/png", (".png",), re.compile(rb"\x89PNG\r\n\x1a\n"), png_parts, PngImageFile, "png"),
    InputFormat(
        "JPEG", "image/jpeg", (".jpg", ".jpeg"), re.compile(rb"\xff\xd8\xff"), jpeg_parts, JpegImageFile, "jpeg"
    ),
    InputFormat(
        "WebP", "image/webp", (".webp",), re.compile(rb"RIFF.{4}WEBP", re.DOTALL), webp_parts, WebPImageFile, "webp"
    ),
    InputFormat("TIFF", "image/tiff", (".tif", ".tiff"), _TIFF, tiff_parts, TiffImageFile, "tiff"),
    InputFormat("BMP", "image/bmp", (".bmp", ".dib"), _BMP, bmp_parts, BmpImageFile, "png"),
    InputFormat("GIF", "image/gif", (".gif",), re.compile(rb"GIF8[79]a"), gif_parts, GifImageFile, "png"),
    InputFormat("AVIF", "image/avif", (".avif", ".avifs"), _AVIF, avif_parts, AvifImageFile, "avif"),
    InputFormat("HEIC", "image/heic", (".heic", ".heif"), _HEIC, heic_parts, HeifImageFile, "jpeg"),
)


def format_of(data: bytes) -> InputFormat:
    """The format whose signature the file starts with. Raises `UnsupportedMediaType` for any other file."""
    for file_format in INPUT_FORMATS:
        if file_format.signature.match(data):
            return file_format
    raise UnsupportedMediaType(f"This is no picture of a kind that is accepted; send {accepted_names()}.")


def accepted_names() -> str:
    """The names of the formats as a sentence has them: "AVIF, …, TIFF or WebP"."""
    *others, last = sorted(row.name for row in INPUT_FORMATS)
    return f"{', '.join(others)} or {last}"
