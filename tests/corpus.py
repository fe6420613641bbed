"""Malformed and hostile files, the same ones every time: damage to valid files of every kind, and bombs.

`python -m tests.corpus FOLDER` writes them there, one by one under their names.
"""

from __future__ import annotations

import argparse
import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.Image

from tests import images
from tests.images import Pixels, chunk, png_file, riff, saved, segment

UPLOAD_BYTES = 10 * 2**20  # none is larger than what the service takes
PICTURE = images.gradient()
_START, _END, _SCAN, _EXIF, _ICC = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2
_PIXELS = {"jpeg": b"\xff\xda", "png": b"IDAT", "webp": b"VP8"}


class HostileFile(NamedTuple):
    """A file and what is wrong with it."""

    name: str
    data: bytes


class _Anatomy(NamedTuple):
    """A file cut where its structure is: what it begins with, and its segments or chunks."""

    kind: str
    head: bytes
    pieces: tuple[bytes, ...]

    def joined(self, *pieces: bytes) -> bytes:
        """A file of these pieces instead; the length that a WebP file begins with is made right."""
        body = b"".join(pieces)
        return riff(b"RIFF", b"WEBP" + body) if self.kind == "webp" else self.head + body

    def pixels(self) -> int:
        """Which of the pieces (the first) holds pixels."""
        return next(at for at, piece in enumerate(self.pieces) if _PIXELS[self.kind] in piece[:8] + piece[24:27])


@cache
def seeds() -> dict[str, bytes]:
    """One small valid file of every kind that is accepted."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    metadata = {"exif": exif.tobytes(), "icc_profile": images.swapped_profile()}
    ramp = np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40
    ink = np.dstack((PICTURE, PICTURE[..., 0]))
    turns = [PICTURE, PICTURE[::-1], PICTURE[:, ::-1]]
    grey = chunk(b"IDAT", zlib.compress(bytes(49 * 32)))
    return {
        "jpeg-baseline": images.jpeg(PICTURE),
        "jpeg-420": images.jpeg(PICTURE, subsampling=2),
        "jpeg-progressive": images.jpeg(PICTURE, progressive=True),
        "jpeg-grey": saved(PICTURE, "JPEG", "L"),
        "jpeg-cmyk": images.cmyk(ink),
        "jpeg-ycck": images.ycck(ink),
        "jpeg-restarts": images.jpeg(PICTURE, restart_marker_rows=1),
        "jpeg-metadata": images.jpeg(PICTURE, **metadata),
        "png-1-bit": saved(PICTURE, "PNG", "1"),
        "png-2-bit": images.palette(),
        "png-4-bit": saved(PICTURE // 16 * 16, "PNG", "P", bits=4),
        "png-palette": saved(PICTURE, "PNG", "P"),
        "png-palette-alpha": images.palette(bytes([0, 9, 200, 255])),
        "png-grey": saved(PICTURE, "PNG", "L"),
        "png-grey-key": png_file(48, 32, [chunk(b"tRNS", b"\0\0"), grey], color_type=images.GREY),
        "png-grey-alpha": saved(PICTURE, "PNG", "LA"),
        "png-color": images.png(PICTURE),
        "png-color-alpha": saved(ink, "PNG", "RGBA"),
        "png-16-bit": images.png_16(ramp, images.GREY),
        "png-16-bit-color": images.png_16(np.dstack([ramp] * 3), images.COLOR),
        "png-interlaced": images.interlaced(PICTURE),
        "png-metadata": images.png(PICTURE, **metadata),
        "png-animated": images.animation(turns, "PNG"),
        "webp-lossless": images.webp(PICTURE),
        "webp-lossy": images.webp(PICTURE, lossless=False),
        "webp-alpha": images.webp(ink),
        "webp-lossy-alpha": images.webp(ink, lossless=False),
        "webp-metadata": images.webp(PICTURE, **metadata),
        "webp-animated": images.animation(turns, "WEBP"),
    }


def corpus() -> Iterator[HostileFile]:
    """All of them, made one after the other."""
    for name, file in seeds().items():
        anatomy = _dissected(name.partition("-")[0], file)
        for make in (_cut, _flipped, _misjudged, _rearranged, _extended):
            for what, data in make(name, file, anatomy):
                yield HostileFile(f"{name}-{what}", data)
    for make_bombs in (_strange, _jpeg_bombs, _png_bombs, _webp_bombs, _profile_bombs):
        for what, data in make_bombs():
            yield HostileFile(what, data)


# --- damage that any file can take -------------------------------------------------------------------------------


def _cut(name: str, file: bytes, anatomy: _Anatomy) -> Iterator[tuple[str, bytes]]:
    """Truncated in front of and inside what holds pixels, within its length, before the end, and by one byte."""
    pixels = len(anatomy.head) + sum(map(len, anatomy.pieces[: anatomy.pixels()]))
    rest = len(file) - pixels
    for what, at in {
        "in-the-head": len(anatomy.head) + 3,
        "before-pixels": pixels,
        "in-a-length": pixels + 3,
        "at-the-first-pixel": pixels + 16,
        "in-half": pixels + rest // 2,
        "near-the-end": len(file) - 5,
        "by-a-byte": len(file) - 1,
    }.items():
        yield f"cut-{what}", file[:at]
    yield "cut-and-filled", file[: pixels + rest // 2] + bytes(rest - rest // 2)
    shortened = [piece for at, piece in enumerate(anatomy.pieces) if at != len(anatomy.pieces) - 1]
    yield "without-its-end", anatomy.joined(*shortened)


def _flipped(name: str, file: bytes, anatomy: _Anatomy) -> Iterator[tuple[str, bytes]]:
    """Some bits or bytes changed; in a PNG also with sums that hide it."""
    chance = random.Random(name)
    for number in range(4):
        changed = bytearray(file)
        for _ in range(1 + number * number):
            changed[chance.randrange(len(anatomy.head), len(file))] ^= 1 << chance.randrange(8)
        yield f"flipped-{number}", bytes(changed)
        if anatomy.kind == "png":
            yield f"flipped-{number}-summed", images.mended(bytes(changed))


def _misjudged(name: str, file: bytes, anatomy: _Anatomy) -> Iterator[tuple[str, bytes]]:
    """Lengths of the header and of the pixels that are not so."""
    at, size, order = {"jpeg": (2, 2, ">H"), "png": (0, 4, ">I"), "webp": (4, 4, "<I")}[anatomy.kind]
    for where, number in {"first": 0, "pixels": anatomy.pixels()}.items():
        piece = anatomy.pieces[number]
        (length,) = struct.unpack_from(order, piece, at)
        top = 2 ** (8 * size) - 1
        for what, wrong in {
            "nothing": 0,
            "small": length - 1,
            "large": length + 1,
            "signed": top // 2 + 1,
            "huge": top,
        }.items():
            told = piece[:at] + struct.pack(order, wrong) + piece[at + size :]
            pieces = [*anatomy.pieces[:number], told, *anatomy.pieces[number + 1 :]]
            yield f"{where}-length-{what}", anatomy.joined(*pieces)
    if anatomy.kind == "webp":
        for what, wrong in {"nothing": 0, "small": len(file) - 18, "huge": 2**32 - 1}.items():
            yield f"file-length-{what}", file[:4] + struct.pack("<I", wrong) + file[8:]
    if anatomy.kind == "png":
        for number, piece in {piece[4:8]: (at, piece) for at, piece in enumerate(anatomy.pieces)}.values():
            wrong_sum = piece[:-1] + bytes([piece[-1] ^ 1])
            pieces = [*anatomy.pieces[:number], wrong_sum, *anatomy.pieces[number + 1 :]]
            yield f"wrong-sum-{piece[4:8].decode()}", anatomy.joined(*pieces)


def _rearranged(name: str, file: bytes, anatomy: _Anatomy) -> Iterator[tuple[str, bytes]]:
    """Pieces missing, twice, or in another order."""
    pieces, pixels = anatomy.pieces, anatomy.pixels()
    yield "without-first", anatomy.joined(*pieces[1:])
    yield "without-pixels", anatomy.joined(*pieces[:pixels], *pieces[pixels + 1 :])
    yield "first-twice", anatomy.joined(pieces[0], *pieces)
    yield "pixels-twice", anatomy.joined(*pieces[: pixels + 1], *pieces[pixels:])
    yield "pixels-first", anatomy.joined(pieces[pixels], *pieces[:pixels], *pieces[pixels + 1 :])
    yield "backwards", anatomy.joined(*pieces[::-1])
    yield "twice", file + file


def _extended(name: str, file: bytes, anatomy: _Anatomy) -> Iterator[tuple[str, bytes]]:
    """Something else behind, in front or in between."""
    yield "and-a-program", file + b"#!/bin/sh\necho hello\n"
    yield "and-an-archive", file + images.archive()
    yield "behind-a-space", b" " + file
    yield "under-another-head", seeds()["png-color" if anatomy.kind == "jpeg" else "jpeg-grey"][:12] + file[12:]
    other = seeds()["webp-lossy" if anatomy.kind == "png" else "png-color"]
    pixels = anatomy.pixels()
    yield "with-another-inside", anatomy.joined(*anatomy.pieces[:pixels], other, *anatomy.pieces[pixels:])


# --- files with a plan -------------------------------------------------------------------------------------------


def _strange() -> Iterator[tuple[str, bytes]]:
    """What is no picture of ours at all, or megabytes of nothing beside one."""
    yield "empty", b""
    yield "zeros", bytes(100_000)
    yield "noise", images.noise()
    yield "gif", images.gif(PICTURE)
    yield "tiff", images.tiff(PICTURE)
    yield "archive", images.archive()
    yield "svg-entities", b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n"
    for name in ("jpeg-baseline", "png-color", "webp-lossy"):
        yield f"{name}-and-5-mb-of-noise", seeds()[name] + images.noise(5_000_000)
        yield f"{name}-and-9-mb-of-ff", seeds()[name] + b"\xff" * 9_000_000
    for head in (b"\xff\xd8\xff", images.PNG_SIGNATURE, b"RIFF\xff\xff\xff\xffWEBP"):
        for what, tail in {"nothing": b"", "noise": images.noise(), "zeros": bytes(9_000_000)}.items():
            yield f"head-{head[1:4].hex()}-and-{what}", head + tail


def _jpeg_bombs() -> Iterator[tuple[str, bytes]]:
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
        without = [piece for piece in _dissected("jpeg", plain).pieces if piece[1] != marker]
        tables = [piece for piece in _dissected("jpeg", plain).pieces if piece[1] == marker]
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


def _png_bombs() -> Iterator[tuple[str, bytes]]:
    plain = seeds()["png-color"]
    rows = zlib.compress(bytes((1 + 3 * 48) * 32))
    sizes = [(0, 0), (0, 32), (48, 0), (49, 32), (48, 33), (47, 31), (5_000, 5_000), (5_001, 5_000), (25_000_000, 1)]
    for width, height in [*sizes, (12_000, 12_000), (2**31 - 1, 2**31 - 1), (2**31, 1), (2**32 - 1, 2**32 - 1)]:
        yield f"png-of-{width}-by-{height}", png_file(width, height, [chunk(b"IDAT", rows)])
    yield "png-of-144-mp", images.pixel_bomb()
    for kind in range(8):
        for depth in (0, 1, 3, 16, 32):
            name = f"png-type-{kind}-of-{depth}-bits"
            yield name, png_file(48, 32, [chunk(b"IDAT", rows)], depth=depth, color_type=kind)
    for what, methods in {"compression": (9, 0, 0), "filter": (0, 9, 0), "interlace": (0, 0, 9)}.items():
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 48, 32, 8, 2, *methods))
        yield f"png-unknown-{what}", images.PNG_SIGNATURE + header + plain[33:]
    for length in (0, 12, 14, 1_000):
        header = chunk(b"IHDR", plain[16:29].ljust(length, b"\0")[:length])
        yield f"png-header-of-{length}-bytes", images.PNG_SIGNATURE + header + plain[33:]
    yield "png-second-header", images.with_chunks(plain, plain[8:33])
    other_size = chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 8, 2, 0, 0, 0))
    yield "png-second-header-larger", images.with_chunks(plain, other_size)
    yield "png-rows-with-wrong-filters", png_file(48, 32, [chunk(b"IDAT", zlib.compress(b"\x07" * 145 * 32))])
    for what, depth, kind, row in [("", 8, 2, 15_001), ("-16-bit", 16, 6, 40_001), ("-grey", 8, 0, 5_001)]:
        packed = _zeros(row * 5_000)
        short = chunk(b"IDAT", packed[:-9])
        yield f"png-25-mp{what}-cut", png_file(5_000, 5_000, [short], depth=depth, color_type=kind)
        filtered = _zeros(row * 4_999, b"\x09" + bytes(row - 1))
        broken = [chunk(b"IDAT", filtered)]
        yield f"png-25-mp{what}-last-row-wrong", png_file(5_000, 5_000, broken, depth=depth, color_type=kind)
    thin = png_file(1, 25_000_000, [chunk(b"IDAT", _zeros(4 * 24_999_999))])
    yield "png-of-one-column-cut", thin
    yield "png-of-one-row-cut", png_file(25_000_000, 1, [chunk(b"IDAT", _zeros(75_000_000))])
    yield "png-rows-of-200-mb", png_file(48, 32, [chunk(b"IDAT", _zeros(2 * 10**8))])
    crumbs = [chunk(b"IDAT", rows[at : at + 1]) for at in range(len(rows))]
    yield "png-in-crumbs", png_file(48, 32, crumbs)
    yield "png-with-empty-data-60000-times", png_file(48, 32, [chunk(b"IDAT", b"")] * 60_000 + crumbs)
    yield "png-rows-before-their-stream", png_file(48, 32, [chunk(b"IDAT", b"\0"), chunk(b"IDAT", rows)])
    for kind in (
        b"tRNS",
        b"PLTE",
        b"gAMA",
        b"acTL",
        b"fcTL",
        b"fdAT",
        b"eXIf",
        b"iCCP",
        b"cHRM",
        b"sBIT",
        b"pHYs",
        b"tIME",
    ):
        for what, body in {"empty": b"", "long": bytes(9_000)}.items():
            yield f"png-{what}-{kind.decode()}", images.with_chunks(plain, chunk(kind, body))
        yield f"png-{kind.decode()}-2000-times", images.with_chunks(plain, chunk(kind, bytes(12)) * 2_000)
    yield "png-of-100000-chunks", images.with_chunks(plain, chunk(b"abCd", b"") * 100_000)
    yield "png-of-800000-chunks", images.with_chunks(plain, chunk(b"abCd", b"") * 800_000)
    yield "png-text-bomb", images.text_bomb(PICTURE)
    packed_text = b"Comment\0\1\0\0\0" + _zeros(2 * 10**8)
    yield "png-international-text-bomb", images.with_chunks(plain, chunk(b"iTXt", packed_text))
    frames = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 48, 32, 0, 0, 1, 1, 0, 0))
    yield "png-of-2147483647-frames", images.with_chunks(plain, frames, frame)
    yield "png-of-30000-frames", images.with_chunks(plain, frames, *[frame, chunk(b"fdAT", bytes(4))] * 30_000)
    colorless = png_file(48, 32, [chunk(b"IDAT", zlib.compress(bytes(49 * 32)))], color_type=3)
    yield "png-palette-missing", colorless
    yield "png-palette-of-one", images.with_chunks(colorless, chunk(b"PLTE", bytes(3)))
    yield "png-palette-of-300", images.with_chunks(colorless, chunk(b"PLTE", bytes(900)))
    exif = b"II*\0" + struct.pack("<IH", 8, 65_535) + b"\x69\x87\4\0\1\0\0\0\x08\0\0\0" * 65_535
    yield "png-exif-loop-of-65535-entries", images.with_chunks(plain, chunk(b"eXIf", exif))
    yield "png-exif-of-9-mb", images.with_chunks(plain, chunk(b"eXIf", bytes(9_000_000)))


def _webp_bombs() -> Iterator[tuple[str, bytes]]:
    still, lossy = seeds()["webp-lossless"][12:], seeds()["webp-lossy"][12:]
    dot = images.webp(np.zeros((1, 1, 3), np.uint8))[12:]
    animation = riff(b"ANIM", bytes(6))
    for width, height in [(1, 1), (47, 32), (49, 33), (5_000, 5_000), (16_383, 16_383), (2**24, 2**8), (2**24, 2**24)]:
        yield f"webp-canvas-of-{width}-by-{height}", _webp(_canvas(width, height), still)
    for edge in (16_383, 60_000):
        yield f"webp-animation-of-{edge}", images.webp_canvas_bomb(edge)
    for count in (0, 1, 1_000, 150_000):
        frames = _webp_frame(dot) * count
        yield f"webp-of-{count}-frames", _webp(_canvas(10, 10, 2), animation, frames)
    yield "webp-of-150000-frames-of-24-mp", _webp(_canvas(4_900, 4_900, 2), animation, _webp_frame(dot) * 150_000)
    yield "webp-frame-outside", _webp(_canvas(10, 10, 2), animation, _webp_frame(dot, left=40))
    yield "webp-frame-larger-than-told", _webp(_canvas(48, 32, 2), animation, _webp_frame(still))
    yield "webp-frame-in-frame", _webp(_canvas(10, 10, 2), animation, _webp_frame(_webp_frame(dot)))
    for flags in (0x02, 0x10, 0x3E, 0xFF):
        yield f"webp-flags-{flags:02x}", _webp(_canvas(48, 32, flags), still)
    for kind, flag in {b"EXIF": 8, b"ICCP": 0x20, b"XMP ": 4, b"abcd": 0, b"ALPH": 0x10, b"VP8X": 0}.items():
        canvas, name = _canvas(48, 32, flag), kind.decode().strip()
        for what, piece in {
            "of-9-mb": riff(kind, bytes(9_000_000)),
            "a-million-times": riff(kind, b"") * 10**6,
        }.items():
            yield f"webp-{name}-{what}", _webp(canvas, piece, still)
            yield f"webp-{name}-{what}-behind", _webp(canvas, still, piece)
    for what, position, put in [
        ("signature", 8, b"\0"),
        ("version", 12, b"\xff"),
        ("size", 9, b"\xff\xff\xff\x0f"),
        ("codes", 14, b"\xff" * 20),
    ]:
        yield f"webp-lossless-wrong-{what}", _webp(still[:position] + put + still[position + len(put) :])
    for what, position, put in [("start", 11, b"\0"), ("size", 14, b"\xff\x3f\xff\x3f"), ("parts", 9, b"\xff\xff")]:
        yield f"webp-lossy-wrong-{what}", _webp(lossy[:position] + put + lossy[position + len(put) :])
    yield "webp-lossy-and-lossless", _webp(still, lossy)
    large = images.webp(np.tile(_speckled(500), (10, 10, 1)), method=0)[20:]
    yield "webp-lossless-25-mp-cut", _webp(riff(b"VP8L", large[: len(large) * 9 // 10]))
    large = images.webp(np.tile(_speckled(500), (10, 10, 1)), lossless=False, quality=20, method=0)[20:]
    yield "webp-lossy-25-mp-cut", _webp(riff(b"VP8 ", large[: len(large) * 9 // 10]))


def _profile_bombs() -> Iterator[tuple[str, bytes]]:
    """Colour profiles in each format: huge, very many, damaged, of the wrong colours, and ones that take minutes."""
    swapped = images.swapped_profile()
    chance = random.Random(5)
    damaged = bytearray(swapped)
    for _ in range(40):
        damaged[chance.randrange(128, len(damaged))] = chance.randrange(256)
    makers = {
        "jpeg": images.jpeg,
        "png": images.png,
        "webp": images.webp,
        "grey": partial(images.grey, file_format="PNG"),
    }
    for what, profile in {
        "damaged": bytes(damaged),
        "cut": swapped[:200],
        "of-nothing-but-a-head": swapped[:128],
        "of-inks": swapped[:16] + b"CMYK" + swapped[20:],
        "of-grey": images.linear_grey_profile(),
        "of-15-colors": swapped[:16] + b"FCLR" + swapped[20:],
        "of-a-device-link": swapped[:12] + b"link" + swapped[16:],
        "with-100-tags": swapped[:128] + struct.pack(">I", 100) + b"rXYZ\0\0\0\x80\0\0\0\x14" * 100,
        "with-2-to-the-32-tags": swapped[:128] + b"\xff" * 4 + swapped[132:],
        "with-tags-outside": swapped[:136] + b"\xff\xff\xff\xf0" * 2 + swapped[144:],
        "of-9-mb": swapped + bytes(9_000_000),
        "of-20000-steps": program_profile(20_000),
    }.items():
        for name, make in makers.items():
            yield f"{name}-profile-{what}", make(PICTURE, icc_profile=profile)
    plain, part = seeds()["jpeg-baseline"], b"ICC_PROFILE\0"
    for what, numbers in {"zero": (0, 0), "the-same": (1, 2), "beyond": (9, 2)}.items():
        piece = segment(_ICC, part + bytes(numbers) + swapped)
        yield f"jpeg-profile-parts-numbered-{what}", plain[:2] + piece * 2 + plain[2:]
    yield "jpeg-profile-in-4000-parts", plain[:2] + segment(_ICC, part + b"\1\xff" + bytes(9)) * 4_000 + plain[2:]
    yield (
        "jpeg-profile-in-150-large-parts",
        plain[:2] + segment(_ICC, part + b"\1\xff" + bytes(60_000)) * 150 + plain[2:],
    )
    yield "png-profile-bomb", images.profile_bomb(PICTURE)
    yield (
        "png-profile-bomb-of-200-mb",
        images.with_chunks(seeds()["png-color"], chunk(b"iCCP", b"icc\0\0" + _zeros(2 * 10**8))),
    )
    yield "png-1000-profile-bombs", images.profile_bomb(PICTURE, megabytes=1, copies=1_000)


# --- how they are put together -----------------------------------------------------------------------------------


def flat_progressive(width: int, height: int) -> bytes:
    """A progressive grey JPEG whose pixels take one bit for each block: 25 MP in 49 KB."""
    blocks = -(-width // 8) * -(-height // 8)
    tables = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0\1" + bytes(16))
    tables += segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")  # one code: the next 2^14 blocks and more are empty
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    scan = segment(_SCAN, b"\1\1\0\0\0\1") + bytes(-(-blocks // 8))
    return b"\xff\xd8" + tables + frame + scan + b"\xff\xd9"


def program_profile(steps: int) -> bytes:
    """An RGB profile that is a program of so many matrices, all of them stored in the same 60 bytes."""
    matrix = b"matf" + bytes(4) + struct.pack(">2H12f", 3, 3, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
    place = struct.pack(">II", 16 + 8 * steps, len(matrix))
    program = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, steps) + place * steps + matrix
    white = struct.pack(">3i", 63_190, 65_536, 54_061)
    tags, body = b"", b""
    for name, content in {b"wtpt": b"XYZ " + bytes(4) + white, b"D2B0": program}.items():
        tags += name + struct.pack(">II", 128 + 4 + 24 + len(body), len(content))
        body += content
    size = 128 + 4 + len(tags) + len(body)
    head = struct.pack(">II4s4s4s4s12x4s28x12s48x", size, 0, b"\4\x30\0\0", b"mntr", b"RGB ", b"XYZ ", b"acsp", white)
    return head + struct.pack(">I", 2) + tags + body


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


def _webp(*pieces: bytes) -> bytes:
    return riff(b"RIFF", b"WEBP" + b"".join(pieces))


def _canvas(width: int, height: int, flags: int = 0) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def _webp_frame(picture: bytes, left: int = 0) -> bytes:
    return riff(b"ANMF", (left // 2).to_bytes(3, "little") + bytes(13) + picture)


def _speckled(side: int) -> Pixels:
    return np.random.default_rng(2).integers(0, 256, (side // 4, side // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)


@cache
def _zeros(count: int, tail: bytes = b"") -> bytes:
    """So many zeros, compressed a thousandfold."""
    packer, block = zlib.compressobj(9), bytes(10**6)
    packed = b"".join(packer.compress(block) for _ in range(count // 10**6))
    return packed + packer.compress(bytes(count % 10**6) + tail) + packer.flush()


def _dissected(kind: str, file: bytes) -> _Anatomy:
    """The anatomy of a valid file."""
    pieces = []
    head = position = {"jpeg": 2, "png": 8, "webp": 12}[kind]
    while position < len(file):
        if kind == "png":
            end = position + 12 + int.from_bytes(file[position : position + 4], "big")
        elif kind == "webp":
            length = int.from_bytes(file[position + 4 : position + 8], "little")
            end = position + 8 + length + length % 2
        elif file[position + 1] == _END:
            end = position + 2
        else:
            end = position + 2 + int.from_bytes(file[position + 2 : position + 4], "big")
            while file[position + 1] == _SCAN and not (file[end] == 0xFF and (file[end + 1] & 0xF8) not in (0, 0xD0)):
                end += 1
        pieces.append(file[position:end])
        position = end
    return _Anatomy(kind, file[:head], tuple(pieces))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description="Write malformed and hostile files.")
    parser.add_argument("folder", type=Path, help="where to; made if it is not there")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in corpus():
        (folder / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
