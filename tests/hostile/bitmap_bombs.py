"""BMP and GIF files whose headers say what is not so, or that are built to be expensive."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from tests import images
from tests.containers import container_seeds

# Where the fields of a BMP's headers lie, and of how many bytes they are.
_BMP_FIELDS = {
    "length": (2, 4),
    "offset": (10, 4),
    "header": (14, 4),
    "width": (18, 4),
    "height": (22, 4),
    "planes": (26, 2),
    "depth": (28, 2),
    "compression": (30, 4),
    "bytes": (34, 4),
    "colors": (46, 4),
    "important": (50, 4),
}
_LARGE = 5_000  # pixels: such a square is the most that the service takes


def bmp_bombs() -> Iterator[tuple[str, bytes]]:
    for name in ("bmp-color", "bmp-palette"):
        file = container_seeds()[name]
        for field, (at, size) in _BMP_FIELDS.items():
            for value in (0, 1, 4, 12, 32, 108, 5_000, 2**31, 2**32 - 1):
                put = struct.pack("<I", value)[:size]
                yield f"{name}-{field}-{value}", file[:at] + put + file[at + size :]
    pixels = bytes(48 * 32 * 4)
    for header in (12, 40, 52, 56, 64, 108, 124):
        for depth, masks in ((16, (0xF800, 0x7E0, 0x1F)), (32, (0, 0, 0)), (32, (2**32 - 1,) * 3), (32, (1, 2, 4))):
            fields = struct.pack("<iiHHIIiiII", 48, 32, 1, depth, 3, 0, 0, 0, 0, 0) + struct.pack("<4I", *masks, 0)
            body = (struct.pack("<I", header) + fields).ljust(header, b"\0")[:header] + struct.pack("<3I", *masks)
            head = b"BM" + struct.pack("<IHHI", 14 + len(body) + len(pixels), 0, 0, 14 + len(body))
            yield f"bmp-masks-{header}-{depth}-{masks[0]:x}", head + body + pixels
    for kind, depth in ((1, 8), (2, 4)):
        for what, runs in {"long": b"\xff\0" * 100, "jumps": b"\0\2\xff\xff" * 100, "ends": b"\0\1"}.items():
            file = container_seeds()["bmp-palette"]
            told = file[:28] + struct.pack("<HI", depth, kind) + file[34:]
            yield f"bmp-runs-{depth}-{what}", told[:1_078] + runs


def gif_bombs() -> Iterator[tuple[str, bytes]]:
    for size in (0, 1, 2, 8, 9, 11, 12, 13, 255):
        yield f"gif-codes-of-{size}-bits", _gif((48, 32), (48, 32), bytes([size]) + b"\x04\x84\x8f\xa9\xcb\0")
    for what, codes in {
        "clears": b"\x24\x49\x92" * 80,
        "ends-at-once": b"\x2c",
        "beyond-the-table": b"\xff" * 200,
        "zeros": bytes(200),
    }.items():
        yield f"gif-of-{what}", _gif((48, 32), (48, 32), b"\2" + bytes([len(codes)]) + codes + b"\0")
    for screen in ((0, 0), (1, 1), (48, 0), (65_535, 1), (65_535, 65_535)):
        for frame in ((0, 0), (1, 1), (48, 32), (65_535, 65_535), (1, 65_535)):
            yield f"gif-screen-{screen[0]}-{screen[1]}-frame-{frame[0]}-{frame[1]}", _gif(screen, frame)
    for left, top in ((1, 1), (65_535, 0), (0, 65_535), (65_535, 65_535)):
        yield f"gif-frame-at-{left}-{top}", _gif((48, 32), (48, 32), place=(left, top))
    for flags in (0x00, 0x40, 0x80, 0x87, 0xC7, 0xFF):
        yield f"gif-frame-flags-{flags:02x}", _gif((48, 32), (48, 32), flags=flags)
        yield f"gif-screen-flags-{flags:02x}", b"GIF89a" + struct.pack("<HHBBB", 48, 32, flags, 255, 0) + bytes(900)
    for label in (0x01, 0xF9, 0xFE, 0xFF, 0x00, 0x2C):
        for what, blocks in {
            "empty": b"",
            "short": b"\1\0",
            "long": b"\xff" + bytes(255),
            "5000-times": (b"\xff" + bytes(255)) * 5_000,
            "of-a-million-bytes": b"\1x" * 10**6,
        }.items():
            extension = b"!" + bytes([label]) + blocks + b"\0"
            yield f"gif-extension-{label:02x}-{what}", _gif((48, 32), (48, 32), before=extension)
    for disposal in range(8):
        for index in (0, 1, 255):
            control = b"!\xf9\4" + bytes([disposal << 2 | 1, 0, 0, index]) + b"\0"
            yield f"gif-disposal-{disposal}-clear-{index}", _gif((48, 32), (1, 1), before=control)
    animated = container_seeds()["gif-animated"]
    frames = animated[animated.index(b"!\xf9") : -1]
    for count in (0, 100, 1_000):
        yield f"gif-of-{count}-frames", animated[: animated.index(b"!\xf9")] + frames * count + b";"
    large = images.saved(np.zeros((_LARGE, _LARGE), np.uint8), "GIF")
    yield "gif-25-mp-cut", large[: len(large) * 9 // 10]
    codes = large.index(b"," + struct.pack("<4H", 0, 0, _LARGE, _LARGE)) + 11
    block = codes + 256 * ((len(large) - codes) // 512)
    yield "gif-25-mp-that-breaks", large[: block + 1] + b"\xff" * 255 + large[block + 256 :]
    yield "gif-25-mp-of-nothing", _gif((_LARGE, _LARGE), (1, 1))
    yield "gif-25-mp-that-ends-at-once", _gif((_LARGE, _LARGE), (_LARGE, _LARGE))


def _gif(
    screen: tuple[int, int],
    frame: tuple[int, int],
    coded: bytes = b"\2\2\x4c\1\0",
    *,
    place: tuple[int, int] = (0, 0),
    flags: int = 0,
    before: bytes = b"",
) -> bytes:
    """A GIF of two colours with one frame; `coded` is what follows its head."""
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    return head + before + b"," + struct.pack("<4HB", *place, *frame, flags) + coded + b";"
