"""The parts of a WebP file: libwebp reads them itself, in linear time, but only where the file is not cut off."""

from __future__ import annotations

import struct

from pipeline.codec.file_parts import Parts
from pipeline.codec.limits import MAX_CHUNKS
from pipeline.errors import BrokenImage

_PIXELS = {b"VP8 ", b"VP8L", b"ANMF"}


def webp_parts(data: bytes) -> Parts:
    """The file; where it is cut off behind the pixels of its (first) picture, without the part that is not whole.

    Raises `BrokenImage` where it is cut off before.
    """
    told = 8 + int.from_bytes(data[4:8], "little")
    if told <= len(data):
        return Parts(data)
    end, has_pixels = 12, False
    for _ in range(MAX_CHUNKS):
        if end + 8 > len(data):
            break
        kind, length = struct.unpack_from("<4sI", data, end)
        if end + 8 + length > len(data):
            break
        has_pixels = has_pixels or kind in _PIXELS
        end += 8 + length + length % 2
    if not has_pixels:
        raise BrokenImage(f"This WebP file is incomplete: it holds {len(data)} of its {told} bytes.")
    body = data[8:end].ljust(end - 8, b"\0")  # a last byte that only fills up may be missing
    return Parts(b"".join((b"RIFF", struct.pack("<I", len(body)), body)))
