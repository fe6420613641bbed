"""PNG files that are built to be expensive or to mislead."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from tests import images
from tests.compressed import zeros
from tests.hostile.seeds import PICTURE, seeds
from tests.images import chunk, png_file


def png_bombs() -> Iterator[tuple[str, bytes]]:
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
        packed = zeros(row * 5_000)
        short = chunk(b"IDAT", packed[:-9])
        yield f"png-25-mp{what}-cut", png_file(5_000, 5_000, [short], depth=depth, color_type=kind)
        filtered = zeros(row * 4_999, b"\x09" + bytes(row - 1))
        broken = [chunk(b"IDAT", filtered)]
        yield f"png-25-mp{what}-last-row-wrong", png_file(5_000, 5_000, broken, depth=depth, color_type=kind)
    thin = png_file(1, 25_000_000, [chunk(b"IDAT", zeros(4 * 24_999_999))])
    yield "png-of-one-column-cut", thin
    yield "png-of-one-row-cut", png_file(25_000_000, 1, [chunk(b"IDAT", zeros(75_000_000))])
    yield "png-rows-of-200-mb", png_file(48, 32, [chunk(b"IDAT", zeros(2 * 10**8))])
    crumbs = [chunk(b"IDAT", rows[at : at + 1]) for at in range(len(rows))]
    yield "png-in-crumbs", png_file(48, 32, crumbs)
    yield "png-with-empty-data-60000-times", png_file(48, 32, [chunk(b"IDAT", b"")] * 60_000 + crumbs)
    yield "png-rows-before-their-stream", png_file(48, 32, [chunk(b"IDAT", b"\0"), chunk(b"IDAT", rows)])
    for kind in (
        b"tRNS",
        b"PLTE",
        b"gAMA",
        b"sRGB",
        b"cICP",
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
    packed_exif = chunk(b"zTXt", b"Raw profile type exif\0\0" + zeros(2 * 10**8))
    yield "png-40-exif-text-bombs", images.with_chunks(plain, *[packed_exif] * 40)
    packed_xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros(2 * 10**8))
    yield "png-xmp-bomb", images.with_chunks(plain, packed_xmp)
    unpacked_xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"tiff:Orientation  =" * 450_000)
    yield "png-xmp-of-9-mb", images.with_chunks(plain, unpacked_xmp)
    packed_text = b"Comment\0\1\0\0\0" + zeros(2 * 10**8)
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
