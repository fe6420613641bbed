"""EXIF blocks, XMP packets and IPTC datasets for tests; and EXIF blocks read back without the code under test."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, UTF8 = 1, 2, 3, 4, 5, 7, 129
MAKE, MODEL, EXIF_POINTER, GPS_POINTER = 0x010F, 0x0110, 0x8769, 0x8825

# Tag → (type, values): bytes, or numbers; of fractions two for each.
Tags: TypeAlias = Mapping[int, tuple[int, bytes | tuple[int, ...]]]

_CODES = {SHORT: "H", LONG: "I", RATIONAL: "I"}

HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
TAIL = "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "drone": "http://www.dji.com/drone-dji/1.0/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
}


def exif(main: Tags, parts: Mapping[int, Tags] | None = None, order: str = "<") -> bytes:
    """An EXIF block with these tags, and with directories that tags of the first one point to."""
    parts = parts or {}
    pointers: dict[int, tuple[int, bytes | tuple[int, ...]]] = dict.fromkeys(parts, (LONG, (0,)))
    end = 8 + len(_directory({**main, **pointers}, 8, order))
    behind = b""
    for tag, tags in parts.items():
        pointers[tag] = (LONG, (end + len(behind),))
        behind += _directory(tags, end + len(behind), order)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return head + _directory({**main, **pointers}, 8, order) + behind


def read_back(block: bytes) -> dict[int, dict[int, tuple[int, int, bytes]]]:
    """The directories of a little-endian block: the first (0), and those that it points to

    Each is tag → (type, count, bytes).
    """
    assert block[:4] == b"II*\0"
    first = _read_directory(block, struct.unpack_from("<I", block, 4)[0])
    found = {0: first}
    for pointer in (EXIF_POINTER, GPS_POINTER):
        if pointer in first:
            found[pointer] = _read_directory(block, int.from_bytes(first.pop(pointer)[2], "little"))
    return found


def xmp(content: str, attributes: str = "") -> bytes:
    """A packet with one description that has this content and these attributes, with all `NAMESPACES` declared."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return f'{HEAD}<rdf:Description rdf:about="" {declared} {attributes}>{content}</rdf:Description>{TAIL}'.encode()


def iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    """Datasets: record, number, content."""
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for record, number, text in datasets)


def photoshop(datasets: bytes) -> bytes:
    """Photoshop's resources with these datasets between two others, the first of which has a name."""
    before = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x04name\0" + struct.pack(">I", 3) + b"abc\0"
    return before + resource(0x0404, datasets) + resource(0x0425, bytes(16))


def resource(number: int, content: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + bytes(len(content) % 2)


def _directory(tags: Tags, start: int, order: str) -> bytes:
    entries, behind = struct.pack(order + "H", len(tags)), b""
    position = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        if isinstance(values, bytes):
            count, field = len(values), values
        else:
            count = len(values) // (2 if kind == RATIONAL else 1)
            field = struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)
        if len(field) > 4:
            behind += field
            field = struct.pack(order + "I", position + len(behind) - len(field))
        entries += struct.pack(order + "HHI", tag, kind, count) + field.ljust(4, b"\0")
    return entries + bytes(4) + behind


def _read_directory(block: bytes, start: int) -> dict[int, tuple[int, int, bytes]]:
    sizes = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}
    (count,) = struct.unpack_from("<H", block, start)
    found = {}
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, number, field = struct.unpack_from("<HHI4s", block, at)
        size = number * sizes[kind]
        place = int.from_bytes(field, "little")
        value = field[:size] if size <= 4 else block[place : place + size]
        assert len(value) == size
        found[tag] = (kind, number, value)
    return found
