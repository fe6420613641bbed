"""A photo's EXIF block → the block of a result, with the tags of an allow-list and the result's own numbers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pipeline.codec.density import CENTIMETERS, density
from pipeline.codec.tiff_directory import Directory, Value, density_values, read_directory
from pipeline.errors import BrokenImage
from pipeline.metadata.exif_tags import (
    COLOR_SPACE,
    EXIF_DIRECTORY,
    EXIF_TAGS,
    EXIF_VERSION,
    GPS_DIRECTORY,
    GPS_TAGS,
    GPS_VERSION,
    HEIGHT,
    MAIN_TAGS,
    ORIENTATION,
    PLACE_TAGS,
    RESOLUTION_UNIT,
    WIDTH,
    X_RESOLUTION,
    Y_RESOLUTION,
)
from pipeline.metadata.tiff_values import UNDEFINED, block, fraction_of, long, short, values_of
from pipeline.types import Density

MAX_EXIF_BYTES = 60_000  # a JPEG segment holds some 65,500
_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: BigTIFF
_INCH, _CENTIMETER = 2, 3
_SRGB, _UNCALIBRATED = 1, 0xFFFF
_VERSION = Value(UNDEFINED, 4, b"0232")  # where the photo does not say which version of the standard its tags follow


@dataclass(frozen=True, slots=True)
class Exif:
    """The tags of a photo that a result may keep, by directory. `whole`: none is left out as damaged or too large."""

    main: dict[int, Value]
    exif: dict[int, Value]
    gps: dict[int, Value]
    density: Density | None = None
    whole: bool = True


def read_exif(data: bytes, *, keep_location: bool = False) -> Exif:
    """The tags of an EXIF block, or of a TIFF file; none, and not `whole`, where it cannot be read at all."""
    nothing = Exif({}, {}, {}, whole=not data)
    if not data.startswith(_HEADS):
        return nothing
    try:
        directory = read_directory(data)
        main, whole = values_of(directory, MAIN_TAGS)
        found_density = _density(directory)
    except (BrokenImage, struct.error):
        return nothing
    parts = []
    for pointer, tags in (
        (EXIF_DIRECTORY, EXIF_TAGS | PLACE_TAGS if keep_location else EXIF_TAGS),
        (GPS_DIRECTORY, GPS_TAGS if keep_location else frozenset()),
    ):
        values, all_there = _part(directory, pointer, tags)
        parts.append(values)
        whole = whole and all_there
    exif, gps = parts
    return Exif(main, exif, gps, found_density, whole)


def written_exif(
    found: Exif, *, width: int, height: int, found_density: Density | None, is_srgb: bool
) -> tuple[bytes, bool]:
    """The EXIF block of an upright result of `width` × `height` pixels, and whether it has all the tags of `found`.

    It is little-endian, and empty where `found` has no tag. Where it would be longer than `MAX_EXIF_BYTES`, the longest
    values are left out. `is_srgb`: the result's pixels are sRGB.
    """
    main, exif, gps = dict(found.main), dict(found.exif), dict(found.gps)
    version = exif.pop(EXIF_VERSION, _VERSION)
    gps = {} if gps.keys() <= {GPS_VERSION} else gps
    if not (main or exif or gps):
        return b"", True
    whole = True
    own_main = {ORIENTATION: short(1)}
    if found_density is not None:
        own_main |= density_values(found_density)
    own_exif = {
        EXIF_VERSION: version if version.kind == UNDEFINED and version.count == 4 else _VERSION,
        COLOR_SPACE: short(_SRGB if is_srgb else _UNCALIBRATED),
        WIDTH: long(width),
        HEIGHT: long(height),
    }
    while True:
        parts = {EXIF_DIRECTORY: exif | own_exif} | ({GPS_DIRECTORY: gps} if gps else {})
        written = block(main | own_main, parts)
        if len(written) <= MAX_EXIF_BYTES:
            return written, whole
        whole = False
        longest = max((values for values in (main, exif, gps) if values), key=_longest)
        del longest[max(longest, key=lambda tag: len(longest[tag].stored))]


def _longest(values: dict[int, Value]) -> int:
    return max(len(value.stored) for value in values.values())


def _part(directory: Directory, pointer: int, tags: frozenset[int]) -> tuple[dict[int, Value], bool]:
    """The values of these tags in the directory that `pointer` tells, and whether none had to be left out."""
    if pointer not in directory.entries or not tags:
        return {}, True
    try:
        return values_of(read_directory(directory.data, directory.number(pointer, 0)), tags)
    except (BrokenImage, struct.error):
        return {}, False


def _density(directory: Directory) -> Density | None:
    """The resolution, which is one in inches unless it says otherwise."""
    values, _ = values_of(directory, {X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT})
    x, y = (fraction_of(values[tag]) if tag in values else None for tag in (X_RESOLUTION, Y_RESOLUTION))
    told = values.get(RESOLUTION_UNIT, short(_INCH))
    unit = int.from_bytes(told.stored[:2], "little")
    if x is None or y is None or unit not in (_INCH, _CENTIMETER):
        return None
    factor = CENTIMETERS if unit == _CENTIMETER else 1
    return density(x * factor, y * factor)
