"""The parts of a BMP file, which is accepted uncompressed only."""

from __future__ import annotations

import struct

from pipeline.codec.density import per_meter
from pipeline.codec.file_parts import Parts
from pipeline.errors import BrokenImage, UnsupportedMediaType
from pipeline.types import Density, FileTags

_FILE_HEADER = 14  # bytes
_OLDEST, _NEWEST = 12, 124  # bytes of the picture's header
_PLAIN, _BIT_FIELDS = 0, 3
_DEPTHS = {1, 4, 8, 16, 24, 32}
_EMBEDDED_PROFILE = b"DEBM"


def bmp_parts(data: bytes) -> Parts:
    """The parts of a BMP file: all of it, its colour profile and its density.

    Raises `BrokenImage`, `struct.error` where the header is cut off, and `UnsupportedMediaType` where the picture is
    stored in a way that is not accepted.
    """
    offset, header = struct.unpack_from("<II", data, 10)
    if header == _OLDEST:
        width, height, _, depth = struct.unpack_from("<4H", data, 18)
        compression = _PLAIN
    else:
        width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression not in (_PLAIN, _BIT_FIELDS) or depth not in _DEPTHS:
        raise UnsupportedMediaType("This BMP file is stored in a way (compressed, or unusual) that is not accepted.")
    if width <= 0 or height == 0:
        raise BrokenImage("This BMP file is damaged: its picture has no pixels.")
    rows = max(0, len(data) - offset) // ((width * depth + 31) // 32 * 4)
    if rows < abs(height):  # a negative height means that the top row comes first
        raise BrokenImage(f"This BMP file is incomplete: it holds {rows} of its picture's {abs(height)} rows.")
    tags = FileTags(density=None if header == _OLDEST else _density(data))
    return Parts(data, profile=_profile(data) if header == _NEWEST else None, tags=tags)


def _density(data: bytes) -> Density | None:
    return per_meter(*struct.unpack_from("<ii", data, _FILE_HEADER + 24))


def _profile(data: bytes) -> bytes | None:
    """The embedded colour profile; None where there is none."""
    if data[_FILE_HEADER + 56 : _FILE_HEADER + 60] != _EMBEDDED_PROFILE:
        return None
    start, length = struct.unpack_from("<II", data, _FILE_HEADER + 112)
    return data[_FILE_HEADER + start : _FILE_HEADER + start + length]
