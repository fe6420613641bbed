"""The parts of a PNG file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

from pipeline.codec.density import png_density
from pipeline.codec.file_parts import EXIF_MARK, XMP_MARK, Parts
from pipeline.codec.limits import MAX_CHUNKS, MAX_PROFILE_BYTES, MAX_TEXT_BYTES
from pipeline.codec.photoshop import iptc_of
from pipeline.codec.png_color import COLOR_CHUNKS, colors
from pipeline.errors import BrokenImage
from pipeline.types import FileTags

_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_XMP = b"XML:com.adobe.xmp"
_EXIF, _APP1 = b"Raw profile type exif", b"Raw profile type APP1"  # as ImageMagick writes EXIF without an eXIf chunk
_IPTC, _XMP_PROFILE = b"Raw profile type iptc", b"Raw profile type xmp"
_TEXTS = {_XMP, _EXIF, _APP1, _IPTC, _XMP_PROFILE}


def png_parts(data: bytes) -> Parts:
    """The parts of a PNG file. Of one that is cut off, `packed` has the pixels up to its end.

    Raises `BrokenImage` where it has no pixels, is damaged, or has more than `MAX_CHUNKS` chunks.
    """
    kept, header, packed, exif, frames = [data[:8]], b"", [], b"", 1
    profile: bytes | None = None
    color: dict[bytes, bytes] = {}
    texts: dict[bytes, bytes] = {}
    size = b""
    position, kind, chunks = 8, b"", 0
    while kind != b"IEND" and position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        body = data[position + 8 : end - 4]
        if end > len(data):
            if kind == b"IDAT":
                packed.append(body)
            break
        if kind in _PIXELS:
            # Pillow does not check the checksums of pixel data, so damage there would be decoded as pixels.
            if struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
                raise BrokenImage("This PNG file is damaged: a checksum does not match.")
            if (kind == b"IHDR") != (position == 8):
                raise BrokenImage("This PNG file is damaged: its header is not where it belongs.")
            if kind == b"IHDR":
                header = body
            elif kind == b"IDAT":
                packed.append(body)
            if kind not in (b"IDAT", b"IEND"):
                kept.append(data[position:end])
        elif kind == b"eXIf":
            exif = exif or body
        elif kind == b"iCCP" and profile is None:
            profile = _inflated(body[body.find(b"\0") + 2 :], MAX_PROFILE_BYTES)
        elif kind == b"pHYs":
            size = size or body
        elif kind in COLOR_CHUNKS:
            color.setdefault(kind, body)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = body.partition(b"\0")
            if keyword in _TEXTS and keyword not in texts:
                texts[keyword] = _text(kind, rest)
        elif kind == b"acTL":
            frames = int.from_bytes(body[:4], "big")
        position, chunks = end, chunks + 1
        if chunks > MAX_CHUNKS:
            raise BrokenImage(f"This PNG file has more than {MAX_CHUNKS} chunks, which no real photo has.")
    if not packed:
        raise BrokenImage("This PNG file ends before its picture does.")
    space, profile = colors(color, profile)
    segment = _from_hexadecimal(texts.get(_EXIF) or texts.get(_APP1, b""))
    exif = exif or segment
    xmp = texts.get(_XMP, b"")
    head, pixels = b"".join(kept), b"".join(packed)
    return Parts(
        png_file(head, pixels),
        exif,
        profile,
        frames > 1,
        xmp=xmp,
        space=space,
        tags=FileTags(
            exif=b"" if exif.startswith(XMP_MARK) else exif.removeprefix(EXIF_MARK),
            xmp=xmp or _xmp_profile(segment, texts),
            iptc=iptc_of(_from_hexadecimal(texts.get(_IPTC, b""))),
            density=png_density(size),
        ),
        head=head,
        header=header,
        packed=pixels,
    )


def png_file(head: bytes, packed: bytes) -> bytes:
    """The PNG file that starts with `head` (all before its pixels) and has the pixels `packed` in one chunk."""
    return b"".join((head, *chunk_parts(b"IDAT", packed), *chunk_parts(b"IEND", b"")))


def chunk_parts(kind: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
    """A chunk in three parts: its length and type, its body, and its checksum."""
    return struct.pack(">I4s", len(body), kind), body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _text(kind: bytes, rest: bytes) -> bytes:
    """The text of a tEXt, zTXt or iTXt chunk, of which `rest` follows the keyword; empty if damaged or too large."""
    packed = kind == b"zTXt" or (kind == b"iTXt" and rest.startswith(b"\1"))
    if kind == b"zTXt":
        rest = rest[1:]  # the method of compression
    elif kind == b"iTXt":
        rest = rest[2:].split(b"\0", 2)[-1]  # whether it is compressed and how, a language, and the keyword in it
    return _inflated(rest, MAX_TEXT_BYTES) if packed else rest[:MAX_TEXT_BYTES]


def _xmp_profile(segment: bytes, texts: Mapping[bytes, bytes]) -> bytes:
    """XMP as ImageMagick writes it: as a JPEG's `segment`, or under a name of its own."""
    if segment.startswith(XMP_MARK):
        return segment.removeprefix(XMP_MARK)
    return _from_hexadecimal(texts.get(_XMP_PROFILE, b""))


def _from_hexadecimal(text: bytes) -> bytes:
    """The bytes of a profile that ImageMagick wrote as text: its name, its length and its digits, each on lines."""
    try:
        return bytes.fromhex(text.split(b"\n", 3)[3].decode("ascii"))
    except (IndexError, ValueError):  # no such text, which does not concern the pixels
        return b""


def _inflated(packed: bytes, most: int) -> bytes:
    """The uncompressed bytes; none where they are damaged or more than `most`."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, most)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else content
