"""The parts of an image file: the pixels' own data, and the metadata that is read.

Pillow gets only the parts that the pixels need. EXIF, XMP, colour profile and animation are read here, within limits,
and everything else (other text, thumbnails, further pictures) is dropped. Pillow would parse all of it, and a small
hostile file can make that take minutes: Pillow joins EXIF spread over many segments in quadratic time, and inflates
thousands of compressed profiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.codec.color_space import ColorSpace, adobe_rgb
from pipeline.codec.density import jfif_density
from pipeline.codec.exif_tags import tells_adobe_rgb
from pipeline.codec.limits import MAX_SCANS, MAX_SEGMENTS, MAX_TEXT_BYTES
from pipeline.codec.photoshop import PHOTOSHOP, iptc_of
from pipeline.errors import BrokenImage, UnsupportedMediaType
from pipeline.types import FileTags, Notice

SCAN, PROGRESSIVE, _END, _APP1, _APP2, _APP13 = 0xDA, 0xC2, 0xD9, 0xE1, 0xE2, 0xED
HUFFMAN_FRAMES = {0xC0, 0xC1, PROGRESSIVE}  # baseline, extended, progressive
_OTHER_FRAMES = {*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC}  # lossless, hierarchical, arithmetic
EXIF_MARK, _JFIF = b"Exif\0\0", b"JFIF\0"
# All but APP0 (JFIF) and APP14 (Adobe), which say how colour is stored.
_METADATA = {*range(0xE0, 0xF0), 0xFE} - {0xE0, 0xEE}
# A marker that starts a segment. Excluded are a stuffed zero, padding, and the markers without a length (restarts D0
# to D7, start of image D8, 01).
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_FURTHER_PICTURE = b"\xff\xd8\xff"
# What tells a gain map (Ultra HDR): Adobe's XMP and ISO 21496-1 in the photo, and Apple's XMP in the further picture.
_GAIN_MAP_XMP, _GAIN_MAP_ISO = b"hdrgm:", b"urn:iso:std:iso:ts:21496:-1\0"
_GAIN_MAP_APPLE = b"urn:com:apple:photo:2020:aux:hdrgainmap"

GAIN_MAP_IGNORED = Notice(
    "gain_map_ignored", "The file's gain map, which HDR screens use, is left out; the photo is read without it."
)


@dataclass(frozen=True, slots=True)
class Block:
    """Where compressed pixels lie in a file, and how many bytes they have uncompressed."""

    start: int
    end: int
    unpacked: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a file: `pixels` is the file that Pillow decodes; the other parts in the first group are metadata.

    `exif` and `xmp` say which way up the pixels are; `tags` are EXIF, XMP, IPTC and the density as the file has them,
    unchecked, from which a result's are made. A `profile` that is empty is there, but cannot be used. `space` are
    colours that a file tells without a profile. `ended` is false where a JPEG has no end marker. `notices` tell what is
    left out.

    The last parts allow a cheap search for damage before the pixels are decoded: of a JPEG the `outline`, a file
    with the same tables and scan headers for a picture of one block; of a PNG its `header` (IHDR) and the `packed` rows
    (all IDAT chunks); `head` is all before these; of a TIFF where its `deflated` blocks lie.
    """

    pixels: bytes
    exif: bytes = b""
    profile: bytes | None = None
    animated: bool = False
    xmp: bytes = b""
    space: ColorSpace | None = None
    ended: bool = True
    notices: tuple[Notice, ...] = ()
    tags: FileTags = field(default_factory=FileTags)

    outline: bytes = b""
    head: bytes = b""
    header: bytes = b""
    packed: bytes = b""
    deflated: tuple[Block, ...] = ()


def jpeg_parts(data: bytes) -> Parts:
    """The parts of a JPEG file. If its end marker is missing, `pixels` and `outline` get one: what is missing is grey.

    Raises `BrokenImage`, and `UnsupportedMediaType` where it is stored in a way that is not accepted.
    """
    kept, outline = [data[:2]], [data[:2]]
    exif, xmp, scans, ended, has_gain_map = b"", b"", 0, False, False
    profile: list[bytes] = []
    photoshop: list[bytes] = []
    for marker, start, end, following in jpeg_segments(data):
        payload = data[start + 4 : end]
        if marker == _END:
            ended = True
            has_gain_map = _has_gain_map(data[end:], told=has_gain_map or _GAIN_MAP_XMP in xmp)
        elif marker == _APP1 and payload.startswith(EXIF_MARK):
            exif = exif or payload
        elif marker == _APP1 and payload.startswith(XMP_MARK):
            xmp = xmp or payload.removeprefix(XMP_MARK)
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
            profile.append(payload[12:])
        elif marker == _APP2 and payload.startswith(_GAIN_MAP_ISO):
            has_gain_map = True
        elif marker == _APP13 and payload.startswith(PHOTOSHOP):  # what does not fit into a segment goes on in the next
            photoshop.append(payload.removeprefix(PHOTOSHOP))
        elif marker in _OTHER_FRAMES:
            raise UnsupportedMediaType(
                "This JPEG file is stored in a way (lossless or arithmetic) that is not accepted."
            )
        elif marker not in _METADATA:
            scans += marker == SCAN
            kept.append(data[start : following if marker == SCAN else end])
            segment = data[start:end]
            if marker in HUFFMAN_FRAMES:  # height and width
                segment = segment[:5] + b"\0\x08\0\x08" + segment[9:]
            outline.append(segment)
        if scans > MAX_SCANS:
            raise BrokenImage(f"This JPEG file is stored in more than {MAX_SCANS} passes, which no real photo is.")
    if not scans:
        raise BrokenImage("This JPEG file ends before its picture does.")
    end_marker = bytes((0xFF, _END))
    jfif = next((segment[4:] for segment in kept if segment.startswith(_JFIF, 4)), b"")
    joined = b"".join(part[2:] for part in sorted(profile))  # each part starts with its number and their count
    return Parts(
        b"".join((*kept, end_marker)),
        exif,
        joined if profile else None,
        xmp=xmp,
        space=adobe_rgb() if not profile and tells_adobe_rgb(exif) else None,
        ended=ended,
        tags=FileTags(
            exif=exif.removeprefix(EXIF_MARK),
            xmp=xmp,
            iptc=iptc_of(b"".join(photoshop)[:MAX_TEXT_BYTES]),
            density=jfif_density(jfif),
        ),
        notices=(GAIN_MAP_IGNORED,) if ended and has_gain_map else (),
        outline=b"".join((*outline, end_marker)),
    )


def _has_gain_map(behind: bytes, *, told: bool) -> bool:
    """Whether a gain map lies `behind` the photo, which an editor may have cut away from a photo that has `told` it."""
    return _FURTHER_PICTURE in behind and (told or _GAIN_MAP_APPLE in behind)


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(marker, start, end, start of the next segment) of each segment up to the end marker, or to one that is cut off.

    Bytes between a segment's end and the next segment are a scan's compressed pixels, or do not belong to the picture.
    Raises `BrokenImage` where there are more than `MAX_SEGMENTS`.
    """
    found, count = _MARKER.search(data, 2), 0
    while found is not None:
        start, marker = found.start(), data[found.start() + 1]
        length = 0 if marker == _END else max(int.from_bytes(data[start + 2 : start + 4], "big"), 2)
        end = start + 2 + length
        if end > len(data):
            return
        found = None if marker == _END else _MARKER.search(data, end)
        yield marker, start, end, len(data) if found is None else found.start()
        count += 1
        if count > MAX_SEGMENTS:
            raise BrokenImage(f"This JPEG file has more than {MAX_SEGMENTS} segments, which no real photo has.")
