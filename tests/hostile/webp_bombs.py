"""WebP files that are built to be expensive or to mislead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from tests import images
from tests.hostile.seeds import seeds
from tests.images import Pixels, riff


def webp_bombs() -> Iterator[tuple[str, bytes]]:
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
    large = _large(lossless=True, quality=80)
    yield "webp-lossless-25-mp-cut", _webp(riff(b"VP8L", large[: len(large) * 9 // 10]))
    large = _large(lossless=False, quality=20)
    yield "webp-lossy-25-mp-cut", _webp(riff(b"VP8 ", large[: len(large) * 9 // 10]))


def _webp(*pieces: bytes) -> bytes:
    return riff(b"RIFF", b"WEBP" + b"".join(pieces))


def _canvas(width: int, height: int, flags: int = 0) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def _webp_frame(picture: bytes, left: int = 0) -> bytes:
    return riff(b"ANMF", (left // 2).to_bytes(3, "little") + bytes(13) + picture)


@cache
def _large(*, lossless: bool, quality: int) -> bytes:
    """The chunk's content of a picture of 25 megapixels; kept, because it takes a second of the processor."""
    return images.webp(np.tile(_speckled(500), (10, 10, 1)), lossless=lossless, quality=quality, method=0)[20:]


def _speckled(side: int) -> Pixels:
    return np.random.default_rng(2).integers(0, 256, (side // 4, side // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)
