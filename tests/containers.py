"""Sample files of TIFF, AVIF and HEIC, written by real encoders, and taken apart to make wrong ones.

Pictures are arrays (H, W, 3), (H, W, 4) or (H, W); the functions return the bytes of a file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import tifffile
from PIL import Image

from pipeline.codec.boxes import Box
from pipeline.codec.heif_file import heif_file
from pipeline.codec.items import Item, Items, read_items
from tests import images
from tests.images import Pixels, saved


def tiff(pixels: Pixels, **options: Any) -> bytes:
    """A TIFF written by tifffile; of 16 bits if the picture is, of several pages if it has one more axis."""
    target = BytesIO()
    grey = pixels.ndim == 2
    tifffile.imwrite(target, pixels, photometric=options.pop("photometric", "minisblack" if grey else "rgb"), **options)
    return target.getvalue()


def avif(pixels: Pixels, **options: Any) -> bytes:
    return saved(pixels, "AVIF", **{"quality": 95, "subsampling": "4:4:4", **options})


def heic(pixels: Pixels | Image.Image, orientation: int = 1, **options: Any) -> bytes:
    """A HEIC that says, in the container and in its EXIF, how it must be turned."""
    picture = pillow_heif.from_pillow(pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels))
    if orientation > 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture.info["exif"] = exif.tobytes()
    target = BytesIO()
    picture.save(target, **{"quality": 95, "chroma": 444, **options})
    return target.getvalue()


def with_tags(file: bytes, tags: dict[int, tuple[int, int, int]], following: int = 0) -> bytes:
    """A little-endian TIFF with the first directory written anew: tag → (type, count, value or offset)."""
    start = struct.unpack_from("<I", file, 4)[0]
    (count,) = struct.unpack_from("<H", file, start)
    entries = {}
    for at in range(count):
        tag, *entry = struct.unpack_from("<HHII", file, start + 2 + 12 * at)
        entries[tag] = tuple(entry)
    entries.update(tags)
    listed = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    directory = struct.pack("<H", len(entries)) + listed + struct.pack("<I", following)
    return file[:4] + struct.pack("<I", len(file)) + file[8:] + directory


def rebuilt(
    file: bytes, items: dict[int, Item], references: Iterable[tuple[bytes, int, tuple[int, ...]]] = ()
) -> bytes:
    """An AVIF or HEIC file with some of its items replaced or added, and references added."""
    found = read_items(file)
    changed = Items(found.primary, {**found.items, **items}, (*found.references, *references))
    return heif_file(changed, file[8:12])


def size_box(width: int, height: int) -> tuple[Box, bool]:
    """The property that says how large an item is."""
    return Box(b"ispe", bytes(4) + struct.pack(">II", width, height)), False


def grid(tile: bytes, columns: int, rows: int, width: int, height: int) -> bytes:
    """A file of width × height pixels in tiles, all of which are the picture in the file `tile`."""
    found = read_items(tile)
    content = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    tiles = tuple(range(2, 2 + rows * columns))
    items = {1: Item(b"grid", content, (size_box(width, height),)), **dict.fromkeys(tiles, found.items[found.primary])}
    return heif_file(Items(1, items, ((b"dimg", 1, tiles),)), tile[8:12])


@cache
def container_seeds() -> dict[str, bytes]:
    """One small valid file of every kind of TIFF, BMP, GIF, AVIF and HEIC that is accepted."""
    picture = images.gradient()
    clear = np.dstack((picture, picture[..., 0]))
    ramp = np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40
    return {
        "tiff-raw": saved(picture, "TIFF"),
        "tiff-lzw": saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": tiff(picture, compression="zlib", tile=(16, 16), predictor=True),
        "tiff-jpeg": saved(picture, "TIFF", compression="jpeg"),
        "tiff-cmyk": saved(picture, "TIFF", "CMYK", compression="packbits"),
        "tiff-palette": saved(picture, "TIFF", "P"),
        "tiff-alpha": saved(clear, "TIFF", compression="tiff_lzw"),
        "tiff-16-bit": tiff(ramp, rowsperstrip=5),
        "tiff-big": tiff(picture, bigtiff=True, byteorder=">", compression="zlib"),
        "tiff-pages": tiff(np.stack((picture, picture[::-1])), compression="zlib"),
        "bmp-color": saved(picture, "BMP"),
        "bmp-palette": saved(picture, "BMP", "P"),
        "gif-animated": images.animation([picture, picture[::-1]], "GIF"),
        "avif-alpha": avif(clear),
        "avif-animated": images.animation([picture, picture[::-1]], "AVIF"),
        "heic-alpha": heic(clear),
        "heic-turned": heic(picture, 6),
        "heic-grid": heic(images.gradient(100, 64), tile_size=64),
    }
