"""Photoshop's image resources, among which JPEG, PNG and other files keep IPTC datasets.

Source: Adobe Photoshop File Formats Specification, "Image Resource Blocks".
"""

from __future__ import annotations

import struct

PHOTOSHOP = b"Photoshop 3.0\0"  # before the resources in a JPEG segment
_MARK, _IPTC = b"8BIM", 0x0404


def iptc_of(resources: bytes) -> bytes:
    """The IPTC datasets among these resources; empty where there are none, or where the resources are damaged before.

    Datasets that stand alone are returned as they are.
    """
    if resources.startswith(b"\x1c"):
        return resources
    position = 0
    while resources.startswith(_MARK, position) and position + 12 <= len(resources):
        kind, name = struct.unpack_from(">HB", resources, position + 4)
        start = position + 6 + (2 + name) // 2 * 2  # the name, with its length, takes an even number of bytes
        if start + 4 > len(resources):
            break
        (length,) = struct.unpack_from(">I", resources, start)
        if kind == _IPTC:
            return resources[start + 4 : start + 4 + length]
        position = start + 4 + (length + 1) // 2 * 2
    return b""


def resource_of(iptc: bytes) -> bytes:
    """The resource, which has no name, with these IPTC datasets."""
    return _MARK + struct.pack(">HHI", _IPTC, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
