"""TIFF files whose directory says what is not so, or that are built to be expensive."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from pipeline.codec.tiff_directory import read_directory
from tests import images
from tests.containers import container_seeds, tiff, with_tags

_SHORT, _LONG, _RATIO, _REAL = 3, 4, 5, 12
_SIZES = (0, 1, 47, 49, 5_000, 65_535, 2**31, 2**32 - 1)
# What a directory's entry may become: type, number of values, and the value or its offset.
_WRONG = {
    "nothing": (_SHORT, 0, 0),
    "no-type": (0, 1, 1),
    "zero": (_LONG, 1, 0),
    "two": (_SHORT, 1, 2),
    "large": (_LONG, 1, 2**31),
    "huge": (_LONG, 1, 2**32 - 1),
    "many": (_LONG, 2**30, 8),
    "far": (_LONG, 3, 2**32 - 16),
    "fraction": (_RATIO, 1, 8),
    "real": (_REAL, 1, 8),
}
_DISSECTED = ("tiff-raw", "tiff-lzw", "tiff-deflate", "tiff-jpeg", "tiff-16-bit")
_LARGE = 5_000  # pixels: such a square is the most that the service takes


def tiff_bombs() -> Iterator[tuple[str, bytes]]:
    for name in _DISSECTED:
        file = container_seeds()[name]
        for tag in _tags(file):
            for what, entry in _WRONG.items():
                yield f"{name}-tag-{tag}-{what}", with_tags(file, {tag: entry})
            yield (
                f"{name}-without-tag-{tag}",
                with_tags(file, {tag + 1: (_LONG, 1, 0)}).replace(struct.pack("<H", tag), struct.pack("<H", 60_000), 1),
            )
    plain, packed = container_seeds()["tiff-raw"], container_seeds()["tiff-deflate"]
    for width in _SIZES:
        yield f"tiff-of-{width}-columns", with_tags(plain, {256: (_LONG, 1, width)})
        yield f"tiff-of-{width}-rows", with_tags(plain, {257: (_LONG, 1, width)})
        yield f"tiff-of-tiles-of-{width}", with_tags(packed, {322: (_LONG, 1, width), 323: (_LONG, 1, width)})
    for photometric in (*range(11), 32_803, 34_892):
        yield f"tiff-of-colors-{photometric}", with_tags(plain, {262: (_SHORT, 1, photometric)})
    for compression in (*range(10), 32_767, 32_773, 32_946, 34_712, 34_925, 50_000, 50_001, 50_002):
        yield f"tiff-of-compression-{compression}", with_tags(plain, {259: (_SHORT, 1, compression)})
    own = len(plain)
    for what, following in {"itself": own, "the-head": 0, "the-end": own + 10**6, "far": 2**32 - 1}.items():
        yield f"tiff-followed-by-{what}", with_tags(plain, {}, following)
    for count in (0, 1, 4_096, 4_097, 65_535):
        yield f"tiff-of-{count}-tags", b"II*\0" + struct.pack("<IH", 8, count) + bytes(12 * count + 4)
    for sign in (b"II+\0\x08\0\0\0", b"II+\0\x04\0\0\0", b"II+\0\x08\0\1\0", b"MM\0+\0\x08\0\0"):
        for count in (0, 1, 2**32, 2**63):
            order = "<" if sign[:1] == b"I" else ">"
            head = sign + struct.pack(order + "QQ", 16, count)
            yield f"tiff-big-{sign[4:7].hex()}-of-{count}-tags", head + bytes(100)
    yield from _large()


def _tags(file: bytes) -> list[int]:
    """The tags in the first directory of a little-endian TIFF."""
    (start,) = struct.unpack_from("<I", file, 4)
    (count,) = struct.unpack_from("<H", file, start)
    return [struct.unpack_from("<H", file, start + 2 + 12 * at)[0] for at in range(count)]


def _large() -> Iterator[tuple[str, bytes]]:
    """Files of 25 megapixels whose end is damaged, or that have too many parts."""
    black = np.zeros((_LARGE, _LARGE, 3), np.uint8)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        file = images.saved(black, "TIFF", compression=compression)
        name = f"tiff-{compression.removeprefix('tiff_')}-25-mp"
        yield f"{name}-cut", file[: len(file) // 2]
        yield f"{name}-that-breaks", _broken(file)
    strips = tiff(black[:, :48], compression="zlib", rowsperstrip=1)
    yield "tiff-of-5000-strips-that-share-bytes", with_tags(strips, {273: (_LONG, _LARGE, 8)})
    length = 3 * _LARGE * _LARGE  # of the pixels, in one strip
    runs = b"\x81\0" * (length // 128 - 9) + b"\x80" * 20  # PackBits: 128 zeros each, and nothing
    short = {8: zlib.compress(bytes(length - 1), 1), 32_773: runs}
    seed = container_seeds()["tiff-raw"]
    for kind, data in short.items():
        told = {256: _LARGE, 257: _LARGE, 259: kind, 273: len(seed), 278: _LARGE, 279: len(data)}
        tags = {tag: (_LONG, 1, value) for tag, value in told.items()}
        yield f"tiff-{kind}-25-mp-in-one-strip-too-short", with_tags(seed + data, tags)


def _broken(file: bytes) -> bytes:
    """The file with the second half of its last strip changed, in which a JPEG has no headers."""
    directory = read_directory(file)
    start, length = (directory.numbers(tag, (), 65_536)[-1] for tag in (273, 279))
    half = start + length // 2
    return file[:half] + b"\xa5" * (start + length - half) + file[start + length :]
