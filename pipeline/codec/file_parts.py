"""The parts of an image file: the pixels' own data, and the metadata that is read.

Pillow gets only the parts that the pixels need. EXIF orientation, colour profile and animation are read here, within
limits, and everything else (text, thumbnails, further pictures) is dropped. Pillow would parse all of it, and a small
hostile file can make that take minutes: Pillow joins EXIF spread over many segments in quadratic time, and inflates
thousands of compressed profiles.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.codec.limits import MAX_CHUNKS, MAX_PROFILE_BYTES, MAX_SCANS, MAX_SEGMENTS
from pipeline.errors import BrokenImage, UnsupportedMediaType
from pipeline.types import Notice

SCAN, PROGRESSIVE, _END, _APP1, _APP2 = 0xDA, 0xC2, 0xD9, 0xE1, 0xE2
_HUFFMAN_FRAMES = {0xC0, 0xC1, PROGRESSIVE}  # baseline, extended, progressive
_OTHER_FRAMES = {*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC}  # lossless, hierarchical, arithmetic
# All but APP0 (JFIF) and APP14 (Adobe), which say how colour is stored.
_METADATA = {*range(0xE0, 0xF0), 0xFE} - {0xE0, 0xEE}
# A marker that starts a segment. Excluded are a stuffed zero, padding, and the markers without a length (restarts D0
# to D7, start of image D8, 01).
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Block:
    """Where compressed pixels lie in a file, and how many bytes they have uncompressed."""

    start: int
    end: int
    unpacked: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a file: `pixels` is the file that Pillow decodes; `exif`, `profile` and `animated` are metadata.

    `notices` tell what is left out. The other parts allow a cheap search for damage before the pixels are decoded: of a
    JPEG the `outline`, a file with the same tables and scan headers for a picture of one block; of a PNG its `header`
    (IHDR) and the `packed` rows (all IDAT chunks); of a TIFF where its `deflated` blocks lie.
    """

    pixels: bytes
    exif: bytes = b""
    profile: bytes | None = None
    animated: bool = False
    outline: bytes = b""
    header: bytes = b""
    packed: bytes = b""
    notices: tuple[Notice, ...] = ()
    deflated: tuple[Block, ...] = ()


def orientation(exif: bytes) -> int:
    """The orientation tag of an EXIF block; 1 (upright) where it has none or is damaged."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = ">" if exif.startswith(b"MM") else "<"
    try:
        (directory,) = struct.unpack_from(f"{order}4xI", exif)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(count):
            tag, value = struct.unpack_from(f"{order}H6xH2x", exif, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:  # the EXIF block is cut off, which does not concern the pixels
        return 1
    return 1


def jpeg_parts(data: bytes) -> Parts:
    """The parts of a JPEG file.

    Raises `BrokenImage`, and `UnsupportedMediaType` where it is stored in a way that is not accepted.
    """
    kept, outline = [data[:2]], [data[:2]]
    exif, scans = b"", 0
    profile: list[bytes] = []
    for marker, start, end, following in jpeg_segments(data):
        if marker == _END:
            kept.append(data[start:end])
            outline.append(data[start:end])
            joined = b"".join(part[2:] for part in sorted(profile))  # each part starts with its number and their count
            return Parts(b"".join(kept), exif, joined if profile else None, outline=b"".join(outline))
        payload = data[start + 4 : end]
        if marker == _APP1 and payload.startswith(b"Exif\0\0"):
            exif = exif or payload
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
            profile.append(payload[12:])
        elif marker in _OTHER_FRAMES:
            raise UnsupportedMediaType(
                "This JPEG file is stored in a way (lossless or arithmetic) that is not accepted."
            )
        elif marker not in _METADATA:
            scans += marker == SCAN
            kept.append(data[start : following if marker == SCAN else end])
            segment = data[start:end]
            if marker in _HUFFMAN_FRAMES:  # height and width
                segment = segment[:5] + b"\0\x08\0\x08" + segment[9:]
            outline.append(segment)
        if scans > MAX_SCANS:
            raise BrokenImage(f"This JPEG file is stored in more than {MAX_SCANS} passes, which no real photo is.")
    raise BrokenImage("This JPEG file ends before its picture does.")


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(marker, start, end, start of the next segment) of each segment up to the end of the image.

    Bytes between a segment's end and the next segment are a scan's compressed pixels, or do not belong to the picture.
    """
    found, count = _MARKER.search(data, 2), 0
    while found is not None:
        start, marker = found.start(), data[found.start() + 1]
        length = 0 if marker == _END else max(int.from_bytes(data[start + 2 : start + 4], "big"), 2)
        end = start + 2 + length
        found = None if marker == _END else _MARKER.search(data, end)
        yield marker, start, end, end if found is None else found.start()
        count += 1
        if count > MAX_SEGMENTS:
            raise BrokenImage(f"This JPEG file has more than {MAX_SEGMENTS} segments, which no real photo has.")


def png_parts(data: bytes) -> Parts:
    """The parts of a PNG file. Raises `BrokenImage`, and `struct.error` where the file ends too early."""
    kept, header, packed, exif, frames = [data[:8]], b"", [], b"", 1
    profile: bytes | None = None
    position = 8
    for _ in range(MAX_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        body = data[position + 8 : end - 4]
        if kind in _PNG_PIXELS:
            # Pillow does not check the checksums of pixel data, so damage there would be decoded as pixels.
            if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
                raise BrokenImage("This PNG file is damaged: a checksum does not match.")
            if (kind == b"IHDR") != (position == 8):
                raise BrokenImage("This PNG file is damaged: its header is not where it belongs.")
            kept.append(data[position:end])
            if kind == b"IHDR":
                header = body
            elif kind == b"IDAT":
                packed.append(body)
        elif kind == b"eXIf":
            exif = exif or body
        elif kind == b"iCCP" and profile is None:
            profile = _inflated(body[body.find(b"\0") + 2 :])
        elif kind == b"acTL":
            frames = int.from_bytes(body[:4], "big")
        if kind == b"IEND":
            return Parts(b"".join(kept), exif, profile, frames > 1, header=header, packed=b"".join(packed))
        position = end
    raise BrokenImage(f"This PNG file has more than {MAX_CHUNKS} chunks, which no real photo has.")


def _inflated(packed: bytes) -> bytes:
    """The uncompressed profile; empty where it is damaged or larger than `MAX_PROFILE_BYTES`."""
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else profile
