"""Which way up a photo is: the orientation, 1 to 8, that its EXIF block or XMP packet tells (TIFF 6.0, tag 274)."""

from __future__ import annotations

import re

from pipeline.codec.exif_tags import orientation_tag
from pipeline.codec.limits import MAX_TEXT_BYTES

# As an attribute or an element. The packet is not parsed as XML, which could make a small file expensive.
_IN_XMP = re.compile(rb"tiff:Orientation\s{0,9}(?:=\s{0,9}[\"']|>)\s{0,9}([1-8])")


def orientation(exif: bytes, xmp: bytes) -> int:
    """The orientation in an EXIF block or, where that has none, in an XMP packet; 1 (upright) where both have none."""
    stored = orientation_tag(exif)
    if stored is not None:
        return stored
    found = _IN_XMP.search(xmp, 0, MAX_TEXT_BYTES)
    return 1 if found is None else int(found[1])
