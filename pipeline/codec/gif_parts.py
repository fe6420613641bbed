"""The first picture of a GIF file, without the texts and further pictures that Pillow would read."""

from __future__ import annotations

import struct

from pipeline.codec.file_parts import Parts
from pipeline.codec.limits import MAX_GIF_BLOCKS
from pipeline.errors import BrokenImage

_EXTENSION, _PICTURE, _TRAILER, _CONTROL = 0x21, 0x2C, 0x3B, 0xF9


def gif_parts(data: bytes) -> Parts:
    """The parts of a GIF file: its header, its first picture and which colour of that is transparent.

    Raises `BrokenImage`, and `IndexError` or `struct.error` where the file ends too early.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _palette_bytes(flags)
    head, control, picture = data[10:position], b"", b""
    start = content = position
    inside = False  # an extension or a picture, whose content lies in blocks of up to 255 bytes
    for _ in range(MAX_GIF_BLOCKS):
        if inside:
            length = data[position]
            position += 1 + length
            inside = length > 0
            if not inside and data[start] == _PICTURE:
                picture = data[start:position]
            elif not inside and data[start + 1] == _CONTROL and not picture:
                control = _transparency(data[content:position])
            continue
        start = position
        kind = data[start] if start < len(data) or not picture else _TRAILER
        if kind == _PICTURE and not picture:
            left, top, across, down, flags = struct.unpack_from("<4HB", data, start + 1)
            width, height = max(width, left + across), max(height, top + down)
            content = start + 11 + _palette_bytes(flags)
        elif kind == _EXTENSION:
            content = start + 2
        elif picture:
            size = struct.pack("<HH", width, height)
            pixels = data[:6] + size + head + control + picture + bytes([_TRAILER])
            return Parts(pixels, animated=kind == _PICTURE)
        else:
            raise BrokenImage("This GIF file holds no picture.")
        position, inside = content, True
    raise BrokenImage(f"This GIF file has more than {MAX_GIF_BLOCKS} blocks, which no real photo has.")


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _transparency(control: bytes) -> bytes:
    """The control extension with nothing but the transparent colour: what to do before the next picture is left out."""
    return bytes((_EXTENSION, _CONTROL, 4, control[1] & 1, 0, 0, control[4], 0))
