"""A photo as a JPEG file."""

from __future__ import annotations

import struct

import cv2

from pipeline.codec.file_parts import EXIF_MARK, XMP_MARK
from pipeline.codec.levels import Levels
from pipeline.codec.opencv_encoder import opencv_file
from pipeline.codec.photoshop import PHOTOSHOP, resource_of
from pipeline.options import FileOptions
from pipeline.types import Density, FileTags

_APP1, _APP2, _APP13 = 0xE1, 0xE2, 0xED
_JFIF_END = 20  # of the start of the file and the segment that OpenCV puts there first
_UNIT = 13  # where that has its unit of density, then 2 bytes for pixels across and 2 for down
_PER_INCH = 1
_MOST_PROFILE = 65_519  # bytes of a colour profile in one segment


def jpeg_output(levels: Levels, options: FileOptions, tags: FileTags) -> bytes:
    """The file with `levels`, grey or BGR of 8 bits, and `tags`, which must be as short as JPEG's segments are.

    OpenCV does not say that a segment holds XMP, so that no program finds it; so the segments are written here.
    """
    settings = (
        *(cv2.IMWRITE_JPEG_QUALITY, options.quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _sampling(options)),
        *(cv2.IMWRITE_JPEG_PROGRESSIVE, int(options.progressive)),
    )
    file = opencv_file(".jpg", levels, settings)
    return b"".join((_start(file, tags.density), *_segments(tags), file[_JFIF_END:]))


def _sampling(options: FileOptions) -> int:
    full = options.chroma == "4:4:4"
    return cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420


def _start(file: memoryview, density: Density | None) -> bytes:
    """The first segment, JFIF, with the density where it can hold it: whole numbers of 2 bytes."""
    start = bytes(file[:_JFIF_END])
    if density is None:
        return start
    numbers = round(density.x), round(density.y)
    if not all(0 < number < 2**16 for number in numbers):
        return start
    return start[:_UNIT] + struct.pack(">BHH", _PER_INCH, *numbers) + start[_UNIT + 5 :]


def _segments(tags: FileTags) -> list[bytes]:
    """The segments behind JFIF, in the order in which readers expect them."""
    segments = []
    if tags.exif:
        segments.append(_segment(_APP1, EXIF_MARK + tags.exif))
    if tags.xmp:
        segments.append(_segment(_APP1, XMP_MARK + tags.xmp))
    profile = tags.profile or b""
    pieces = [profile[at : at + _MOST_PROFILE] for at in range(0, len(profile), _MOST_PROFILE)]
    for number, piece in enumerate(pieces, start=1):
        segments.append(_segment(_APP2, b"ICC_PROFILE\0" + bytes((number, len(pieces))) + piece))
    if tags.iptc:
        segments.append(_segment(_APP13, PHOTOSHOP + resource_of(tags.iptc)))
    return segments


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content
