"""JPEG files that are built to be expensive or to mislead."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from tests import images
from tests.hostile.anatomy import dissected
from tests.hostile.seeds import PICTURE, seeds
from tests.images import segment

_SCAN = 0xDA


def jpeg_bombs() -> Iterator[tuple[str, bytes]]:
    plain, progressive = seeds()["jpeg-baseline"], seeds()["jpeg-progressive"]
    head, frame, body = _framed(plain)
    for width, height in [(0, 0), (0, 32), (48, 0), (12_000, 12_000), (65_535, 65_535), (65_535, 1), (5_000, 5_000)]:
        yield f"jpeg-of-{width}-by-{height}", head + _frame(width, height) + body
    yield "jpeg-small-header", head + _frame(8, 8) + body
    yield "jpeg-line-count-later", head + _frame(48, 0) + body[:-2] + segment(0xDC, b"\0\x20") + body[-2:]
    for kind in (*range(0xC1, 0xD0), 0xDE, 0xDF, 0xF0, 0xFD, 0x02, 0xBF):
        yield f"jpeg-frame-{kind:02x}", head + b"\xff" + bytes([kind]) + frame[2:] + body
    for bits in (0, 1, 12, 16, 255):
        yield f"jpeg-of-{bits}-bits", head + frame[:4] + bytes([bits]) + frame[5:] + body
    for count in (0, 1, 2, 4, 5, 255):
        components = bytes([1, 0x11, 0]) * count
        yield f"jpeg-of-{count}-components", head + _frame(48, 32, components) + body
    for sampling in (0x00, 0x01, 0x10, 0x33, 0x44, 0x55, 0xFF):
        components = bytes([1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1])
        yield f"jpeg-sampling-{sampling:02x}", head + _frame(48, 32, components) + body
    yield "jpeg-two-sizes", head + frame + _frame(5_000, 5_000) + body
    yield "jpeg-two-sizes-large-first", head + _frame(5_000, 5_000) + frame + body
    yield "jpeg-second-start", head + b"\xff\xd8" + frame + body
    for name, marker in {"quantisation": 0xDB, "huffman": 0xC4}.items():
        without = [piece for piece in dissected("jpeg", plain).pieces if piece[1] != marker]
        tables = [piece for piece in dissected("jpeg", plain).pieces if piece[1] == marker]
        yield f"jpeg-without-{name}", plain[:2] + b"".join(without)
        yield f"jpeg-{name}-3000-times", plain[:2] + tables[0] * 3_000 + plain[2:]
        yield f"jpeg-{name}-100000-times", plain[:2] + tables[0] * min(100_000, 9_000_000 // len(tables[0])) + plain[2:]
        yield f"jpeg-{name}-of-64-kb", plain[:2] + segment(marker, bytes(65_533)) * 100 + plain[2:]
    yield "jpeg-huffman-overfull", plain[:2] + segment(0xC4, b"\0" + b"\xff" * 16 + bytes(255)) + plain[2:]
    yield "jpeg-huffman-impossible", plain[:2] + plain[2:].replace(b"\xff\xc4", segment(0xC4, b"\0\3" + bytes(18)), 1)
    for interval in (0, 1, 7, 65_535):
        restart = segment(0xDD, struct.pack(">H", interval))
        yield f"jpeg-restart-every-{interval}", head + restart + frame + body
    endless = body[:-2] + b"\xff\xd0" * 1_000_000 + body[-2:]
    yield "jpeg-of-a-million-restarts", head + segment(0xDD, b"\0\1") + frame + endless
    for transform in (0, 1, 2, 99):
        adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
        yield f"jpeg-adobe-{transform}-on-color", plain[:2] + adobe + plain[2:]
        inks = seeds()["jpeg-cmyk"]
        yield f"jpeg-adobe-{transform}-on-inks", inks[:2] + adobe + inks[2:]
    yield "jpeg-adobe-short", plain[:2] + segment(0xEE, b"Adobe") + plain[2:]
    yield "jpeg-jfif-short", plain[:2] + segment(0xE0, b"JFIF\0") + plain[2:]
    for scans in (100, 101, 5_000):
        yield f"jpeg-of-{scans}-scans", images.scan_bomb(PICTURE, scans)
    for what, parameters in {"backwards": (63, 1, 0), "beyond": (1, 64, 0), "refined-first": (1, 63, 0x21)}.items():
        wrong = segment(_SCAN, bytes([1, 1, 0, *parameters])) + bytes(20)
        yield f"jpeg-progression-{what}", progressive[:-2] + wrong + progressive[-2:]
    large = flat_progressive(5_000, 5_000)
    bad_table = segment(0xC4, b"\x17" + bytes(16))
    yield "jpeg-progressive-25-mp-that-breaks", large[:-2] + bad_table + large[-2:]
    refining = _refining_scan(5_000, 5_000)
    yield "jpeg-99-scans-of-25-mp-that-break", large[:-2] + refining * 98 + bad_table + large[-2:]
    yield "jpeg-progressive-25-mp-cut", large[:-2] + refining
    baseline = images.jpeg(np.zeros((5_000, 5_000, 3), np.uint8), subsampling=2, quality=30)
    yield "jpeg-25-mp-cut", baseline[:-2]
    yield "jpeg-25-mp-that-breaks", baseline[:-2] + bad_table + baseline[-2:]
    yield "jpeg-of-100000-segments", images.segment_bomb(PICTURE)
    for what, block in {"end": b"\xff\xd9", "scan": b"\xff\xda\0\2"}.items():
        yield f"jpeg-of-a-million-times-{what}", plain[:-2] + block * 1_000_000
    looping = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield "jpeg-exif-loop", images.with_exif(plain, looping)
    yield "jpeg-exif-65535-entries", images.with_exif(plain, b"MM\0*" + struct.pack(">IH", 8, 65_535) + bytes(65_000))
    yield "jpeg-exif-64-kb-150-times", images.with_exif(plain, *[looping + bytes(65_000)] * 150)
    yield "jpeg-exif-4000-times", images.with_exif(plain, *[looping] * 4_000)


def flat_progressive(width: int, height: int) -> bytes:
    """A progressive grey JPEG whose pixels take one bit for each block: 25 MP in 49 KB."""
    blocks = -(-width // 8) * -(-height // 8)
    tables = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0\1" + bytes(16))
    tables += segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")  # one code: the next 2^14 blocks and more are empty
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    scan = segment(_SCAN, b"\1\1\0\0\0\1") + bytes(-(-blocks // 8))
    return b"\xff\xd8" + tables + frame + scan + b"\xff\xd9"


def _refining_scan(width: int, height: int) -> bytes:
    blocks = -(-width // 8) * -(-height // 8)
    runs = "".join("0" + "1" * 14 for _ in range(blocks // 32_767 + 1))
    runs += "1" * (-len(runs) % 8)
    packed = int(runs, 2).to_bytes(len(runs) // 8, "big").replace(b"\xff", b"\xff\0")
    return segment(_SCAN, b"\1\1\0\1\x3f\x10") + packed


def _framed(file: bytes) -> tuple[bytes, bytes, bytes]:
    """A baseline JPEG as what comes before its frame header, that header, and what comes behind."""
    start = file.index(b"\xff\xc0")
    end = start + 2 + int.from_bytes(file[start + 2 : start + 4], "big")
    return file[:start], file[start:end], file[end:]


def _frame(width: int, height: int, components: bytes = b"\1\x11\0\2\x11\1\3\x11\1") -> bytes:
    return segment(0xC0, struct.pack(">BHHB", 8, height, width, len(components) // 3) + components)
