"""The photo in an AVIF or HEIC file, without everything else that such a file may hold.

The decoder gets a new file with the photo's own items only: its tiles, if it is stored in tiles, and its opacity. EXIF,
XMP, thumbnails, depth, gain maps and films are left behind, and no item is larger than the file says. EXIF does not say
how the photo is turned: the container does.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import partial

from pipeline.codec.boxes import Reader, boxes
from pipeline.codec.coded_size import av1_sizes, hevc_sizes
from pipeline.codec.file_parts import EXIF_MARK, GAIN_MAP_IGNORED, Parts
from pipeline.codec.heif_file import heif_file
from pipeline.codec.heif_properties import color_profile, color_space_of, kept_properties
from pipeline.codec.items import Item, Items, read_items
from pipeline.codec.limits import MAX_TILE_MARGIN
from pipeline.errors import BrokenImage, UnsupportedMediaType
from pipeline.types import FileTags

_CONFIGURATION = {b"av01": b"av1C", b"hvc1": b"hvcC"}
_SIZES = {b"av01": av1_sizes, b"hvc1": hevc_sizes}
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"  # in every XMP packet
_PADDING = 64  # pixels: an HEVC picture is stored in blocks of up to this size


def _still_parts(data: bytes, *, name: str, coding: bytes, brand: bytes) -> Parts:
    """The parts of an AVIF (`coding` is av01) or HEIC (hvc1) file.

    Raises `BrokenImage`, `KeyError`, `IndexError` or `struct.error` where it is damaged, and `UnsupportedMediaType`
    where the photo is stored in a way that is not accepted.
    """
    found = read_items(data)
    primary = found.primary
    colors = [primary, *found.references_from(b"dimg", primary)]
    alphas = _alphas(found, colors, name)
    kept = dict.fromkeys(
        (*colors, *alphas, *(tile for item in alphas for tile in found.references_from(b"dimg", item)))
    )
    for item in kept:
        _check(found, item, name, coding)
    items = {item: replace(found.items[item], properties=kept_properties(found.items[item], name)) for item in kept}
    profile = color_profile(found.items[primary])
    try:
        space = None if profile is not None else color_space_of(found.items[primary])
    except ValueError:  # it is not known, as if a profile were there that cannot be used
        space, profile = None, b""
    notices = (GAIN_MAP_IGNORED,) if _has_gain_map(found) else ()
    file = heif_file(Items(primary, items, found.references), brand)
    return Parts(
        file,
        profile=profile,
        animated=any(part.kind == b"moov" for part in boxes(data)),
        space=space,
        notices=notices,
        tags=_tags(found),
    )


avif_parts = partial(_still_parts, name="AVIF", coding=b"av01", brand=b"avif")
heic_parts = partial(_still_parts, name="HEIC", coding=b"hvc1", brand=b"heic")


def _tags(found: Items) -> FileTags:
    """EXIF and XMP of the photo: items that describe it."""
    described = [start for kind, start, to in found.references if kind == b"cdsc" and found.primary in to]
    items = [found.items[number] for number in described if number in found.items]
    exif = next((item.data for item in items if item.kind == b"Exif"), b"")
    skipped = 4 + int.from_bytes(exif[:4], "big")  # the place of the TIFF structure, behind the four bytes that tell it
    return FileTags(
        exif=exif[skipped:].removeprefix(EXIF_MARK),
        xmp=next((item.data for item in items if item.kind == b"mime" and _RDF in item.data), b""),
    )


def _alphas(found: Items, colors: list[int], name: str) -> list[int]:
    """The items with the opacity of `colors`, at most one for each. Raises `BrokenImage` where one is larger."""
    alphas: dict[int, int] = {}
    for kind, start, to in found.references:
        if kind == b"auxl" and (found.items[start].property(b"auxC") or b"")[4:].startswith(_ALPHA):
            for color in {*to}.intersection(colors):
                alphas.setdefault(color, start)
    if any(_size(found.items[alpha]) != _size(found.items[color]) for color, alpha in alphas.items()):
        raise BrokenImage(f"This {name} file is damaged: its opacity has another size than its picture.")
    return list(alphas.values())


def _has_gain_map(found: Items) -> bool:
    """Whether one item is a gain map: Apple's auxiliary picture, or the `tmap` of ISO 21496-1."""
    auxiliary = (item.property(b"auxC") or b"" for item in found.items.values())
    return any(item.kind == b"tmap" for item in found.items.values()) or any(b"gainmap" in kind for kind in auxiliary)


def _check(found: Items, number: int, name: str, coding: bytes) -> None:
    """Raise where one item of the photo is no picture that is accepted, or larger than the file says."""
    item = found.items[number]
    width, height = _size(item)
    _check_crop(item, name)
    if item.kind == b"grid":
        _check_grid(found, number, name)
    elif item.kind != coding:
        raise UnsupportedMediaType(f"This {name} file is stored in a way (not {coding.decode()}) that is not accepted.")
    else:
        configuration = item.property(_CONFIGURATION[coding]) or b""
        sizes = list(_SIZES[coding](configuration, item.data))
        if not sizes or any(w > width + _PADDING or h > height + _PADDING for w, h in sizes):
            raise BrokenImage(f"This {name} file is damaged: its picture is larger than its header says.")


def _check_grid(found: Items, number: int, name: str) -> None:
    """Raise `BrokenImage` where the tiles of a picture are too many or too few, or far larger than the picture."""
    reader = Reader(found.items[number].data)
    flags = reader.number(2)
    rows, columns = reader.number(1) + 1, reader.number(1) + 1
    width, height = (reader.number(4 if flags & 1 else 2) for _ in range(2))
    tiles = found.references_from(b"dimg", number)
    sizes = {_size(found.items[tile]) for tile in tiles}
    whole = len(tiles) == rows * columns and len(sizes) == 1 and (width, height) == _size(found.items[number])
    across, down = max(sizes, default=(0, 0))
    spare = max(columns * across - width, rows * down - height)
    if not whole or spare > MAX_TILE_MARGIN or any(found.items[tile].kind == b"grid" for tile in tiles):
        raise BrokenImage(f"This {name} file is damaged: the tiles of its picture make no sense.")


def _size(item: Item) -> tuple[int, int]:
    """Width and height of an item as its `ispe` property says."""
    width, height = struct.unpack_from(">4xII", item.property(b"ispe") or b"")
    return width, height


def _check_crop(item: Item, name: str) -> None:
    """Raise where a picture is cropped by more than its padding: memory is taken for all that is coded.

    Pillow's reader of AVIF does not crop at all.
    """
    crop = item.property(b"clap")
    if crop is None:
        return
    numbers = struct.unpack_from(">4I", crop)
    width, height = (numbers[at] // max(1, numbers[at + 1]) for at in (0, 2))
    across, down = _size(item)
    if name == "AVIF" or not (across - _PADDING <= width <= across and down - _PADDING <= height <= down):
        raise UnsupportedMediaType(f"This {name} file is cropped in a way that is not accepted; save the crop anew.")
