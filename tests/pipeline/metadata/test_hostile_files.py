"""Whole files, of up to 10 MB, whose metadata is built to be expensive."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Callable

import pytest

from pipeline.codec.inspect import inspect
from pipeline.codec.limits import MAX_TIFF_TAGS
from pipeline.codec.photoshop import PHOTOSHOP
from pipeline.metadata.kept import Wish, kept_tags
from tests import containers, images
from tests.images import chunk, segment
from tests.pipeline.codec.decoding import MAX_PIXELS, PICTURE, bounded
from tests.pipeline.metadata.blocks import ASCII, EXIF_POINTER, GPS_POINTER, LONG, iptc, resource, xmp

ATTRIBUTES = xmp("", " ".join(f"dc:a{at}=''" for at in range(290_000)))  # just under 4 MiB


def jpeg(*segments: bytes) -> bytes:
    file = images.jpeg(PICTURE)
    return file[:2] + b"".join(segments) + file[2:]


def exif_loop() -> bytes:
    """A block whose directories are itself, with as many entries as are read, each of which is a tag that is kept."""
    entries = [struct.pack("<HHII", EXIF_POINTER, LONG, 1, 8), struct.pack("<HHII", GPS_POINTER, LONG, 1, 8)]
    entries += [struct.pack("<HHII", tag % 65_536, ASCII, 8_192, 8) for tag in range(MAX_TIFF_TAGS - 2)]
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)


def tiff_of_tags() -> bytes:
    """A TIFF file of 10 MB with many tags of 8 KiB, which are its EXIF and GPS directories too."""
    file = images.tiff(PICTURE) + bytes(10_000_000)
    tags = dict.fromkeys(range(0x8300, 0x8300 + MAX_TIFF_TAGS - 20), (ASCII, 8_192, 1_000_000))
    start = len(file)
    return containers.with_tags(file, {**tags, EXIF_POINTER: (LONG, 1, start), GPS_POINTER: (LONG, 1, start)})


HOSTILE: dict[str, Callable[[], bytes]] = {
    "jpeg-resources": lambda: jpeg(*[segment(0xED, PHOTOSHOP + resource(1, b"") * 5_400)] * 150),
    "jpeg-datasets": lambda: jpeg(segment(0xED, PHOTOSHOP + resource(0x0404, iptc((2, 255, b"")) * 13_000))),
    "jpeg-exif": lambda: jpeg(segment(0xE1, b"Exif\0\0" + exif_loop())),
    "png-xmp": lambda: images.with_chunks(
        images.png(PICTURE), chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(ATTRIBUTES))
    ),
    "png-iptc": lambda: images.with_chunks(
        images.png(PICTURE),
        chunk(b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(b"\niptc\n 9\n" + b"1c02190000" * 400_000)),
    ),
    "webp": lambda: images.webp(PICTURE, xmp=ATTRIBUTES * 2, exif=exif_loop() + bytes(2_000_000)),
    "tiff": tiff_of_tags,
    "avif": lambda: containers.avif(PICTURE, xmp=ATTRIBUTES),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_metadata_takes_little_time_and_memory(make: Callable[[], bytes]) -> None:
    file = make()
    assert len(file) < 10.2 * 10**6
    started = time.thread_time()
    with bounded(seconds=10, megabytes=100):
        kept_tags(inspect(file, max_pixels=MAX_PIXELS), (96, 64), Wish(metadata=True, location=True))
    assert time.thread_time() - started < 2  # alone half a second, with coverage in a large process twice that
