"""Small valid files of every kind that is accepted."""

from __future__ import annotations

import struct
import zlib
from functools import cache

import numpy as np
import PIL.Image

from tests import images
from tests.images import chunk, png_file, saved

PICTURE = images.gradient()


@cache
def seeds() -> dict[str, bytes]:
    """One small valid file of every kind that is accepted."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    packet = images.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    text = b"\nexif\n%8d\n%s\n" % (len(exif.tobytes()), exif.tobytes().hex().encode())
    gamma = chunk(b"gAMA", struct.pack(">I", 55_556))
    adobe_rgb = chunk(b"cHRM", struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000))
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
        "jpeg-xmp": images.jpeg(PICTURE)[:2] + packet + images.jpeg(PICTURE)[2:],
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
        "png-gamma": images.with_chunks(images.png(PICTURE), gamma, adobe_rgb),
        "png-code-points": images.with_chunks(images.png(PICTURE), chunk(b"cICP", b"\x09\x10\0\1")),
        "png-exif-as-text": images.with_chunks(
            images.png(PICTURE), chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
        ),
        "png-animated": images.animation(turns, "PNG"),
        "webp-lossless": images.webp(PICTURE),
        "webp-lossy": images.webp(PICTURE, lossless=False),
        "webp-alpha": images.webp(ink),
        "webp-lossy-alpha": images.webp(ink, lossless=False),
        "webp-metadata": images.webp(PICTURE, **metadata),
        "webp-xmp": images.webp(PICTURE, xmp=xmp),
        "webp-animated": images.animation(turns, "WEBP"),
    }
