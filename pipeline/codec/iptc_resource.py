"""Photoshop's image resources, in which JPEG and PNG files hold IPTC-IIM (Adobe, Photoshop File Formats)."""

from __future__ import annotations

import struct

_IPTC = 0x0404


def iptc_resource(iptc: bytes) -> bytes:
    """The resource, which has no name, with these IPTC-IIM datasets."""
    return b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
