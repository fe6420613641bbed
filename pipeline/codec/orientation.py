"""Which way up a photo is: the orientation, 1 to 8, that its EXIF block or XMP packet tells (TIFF 6.0, tag 274)."""

from __future__ import annotations

import re
import struct

from pipeline.codec.limits import MAX_TEXT_BYTES

_TAG = 0x0112
# As an attribute or an element. The packet is not parsed as XML, which could make a small file expensive.
_IN_XMP = re.compile(rb"tiff:Orientation\s{0,9}(?:=\s{0,9}[\"']|>)\s{0,9}([1-8])")


def orientation(exif: bytes, xmp: bytes) -> int:
    """The orientation in an EXIF block or, where that has none, in an XMP packet; 1 (upright) where both have none."""
    stored = _in_exif(exif)
    if stored is not None:
        return stored
    found = _IN_XMP.search(xmp, 0, MAX_TEXT_BYTES)
    return 1 if found is None else int(found[1])


def _in_exif(exif: bytes) -> int | None:
    """The orientation tag of an EXIF block; None where it has none or is damaged."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = ">" if exif.startswith(b"MM") else "<"
    try:
        (directory,) = struct.unpack_from(f"{order}4xI", exif)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(count):
            tag, value = struct.unpack_from(f"{order}H6xH2x", exif, directory + 2 + 12 * entry)
            if tag == _TAG:
                return int(value)
    except struct.error:  # the EXIF block is cut off, which does not concern the pixels
        return None
    return None
