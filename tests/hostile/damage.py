"""Damage that any file can take. Each function gives names and files."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from tests import images
from tests.hostile.anatomy import Anatomy
from tests.hostile.seeds import seeds


def cut(name: str, file: bytes, anatomy: Anatomy) -> Iterator[tuple[str, bytes]]:
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


def flipped(name: str, file: bytes, anatomy: Anatomy) -> Iterator[tuple[str, bytes]]:
    """Some bits or bytes changed; in a PNG also with sums that hide it."""
    chance = random.Random(name)
    for number in range(4):
        changed = bytearray(file)
        for _ in range(1 + number * number):
            changed[chance.randrange(len(anatomy.head), len(file))] ^= 1 << chance.randrange(8)
        yield f"flipped-{number}", bytes(changed)
        if anatomy.kind == "png":
            yield f"flipped-{number}-summed", images.mended(bytes(changed))


def misjudged(name: str, file: bytes, anatomy: Anatomy) -> Iterator[tuple[str, bytes]]:
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


def rearranged(name: str, file: bytes, anatomy: Anatomy) -> Iterator[tuple[str, bytes]]:
    """Pieces missing, twice, or in another order."""
    pieces, pixels = anatomy.pieces, anatomy.pixels()
    yield "without-first", anatomy.joined(*pieces[1:])
    yield "without-pixels", anatomy.joined(*pieces[:pixels], *pieces[pixels + 1 :])
    yield "first-twice", anatomy.joined(pieces[0], *pieces)
    yield "pixels-twice", anatomy.joined(*pieces[: pixels + 1], *pieces[pixels:])
    yield "pixels-first", anatomy.joined(pieces[pixels], *pieces[:pixels], *pieces[pixels + 1 :])
    yield "backwards", anatomy.joined(*pieces[::-1])
    yield "twice", file + file


def extended(name: str, file: bytes, anatomy: Anatomy) -> Iterator[tuple[str, bytes]]:
    """Something else behind, in front or in between."""
    yield "and-a-program", file + b"#!/bin/sh\necho hello\n"
    yield "and-an-archive", file + images.archive()
    yield "behind-a-space", b" " + file
    yield "under-another-head", seeds()["png-color" if anatomy.kind == "jpeg" else "jpeg-grey"][:12] + file[12:]
    other = seeds()["webp-lossy" if anatomy.kind == "png" else "png-color"]
    pixels = anatomy.pixels()
    yield "with-another-inside", anatomy.joined(*anatomy.pieces[:pixels], other, *anatomy.pieces[pixels:])
