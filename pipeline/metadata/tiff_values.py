"""Values of TIFF tags, read from a directory, and a block of directories made of them, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping

from pipeline.codec.tiff_directory import Directory, Entry, Value, directory_bytes

SHORT, LONG, RATIONAL, UNDEFINED, _ASCII, _UTF8 = 3, 4, 5, 7, 2, 129
MAX_VALUE_BYTES = 8_192
_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, _UTF8: 1}  # bytes swapped as one
_UNICODE = b"UNICODE\0"  # before text in UTF-16, in the block's byte order
_ORDER = "<"  # of the block that is made
_START = 8  # bytes before its first directory


def values_of(directory: Directory, tags: Collection[int]) -> tuple[dict[int, Value], bool]:
    """The values of these tags, as far as they are there, and whether none had to be left out.

    Left out are those of more than `MAX_VALUE_BYTES`, of an unknown type, or outside the file.
    """
    found: dict[int, Value] = {}
    whole = True
    for tag in sorted(directory.entries.keys() & tags):
        value = _value(directory, tag, directory.entries[tag])
        if value is None:
            whole = False
        elif value.count:
            found[tag] = value
    return found, whole


def short(number: int) -> Value:
    """A value of two bytes."""
    return Value(SHORT, 1, struct.pack("<H", number))


def long(number: int) -> Value:
    """A value of four bytes."""
    return Value(LONG, 1, struct.pack("<I", number))


def fraction_of(value: Value) -> float | None:
    """The first number of a value that holds fractions; None where it holds none."""
    if value.kind != RATIONAL:
        return None
    numerator, denominator = struct.unpack_from("<II", value.stored)
    return numerator / denominator if denominator else None


def block(main: Mapping[int, Value], parts: Mapping[int, Mapping[int, Value]]) -> bytes:
    """A TIFF structure: the directory `main`, and behind it `parts`, each named by the tag that tells its place."""
    pointers = {tag: long(0) for tag in parts}
    end = _START + len(directory_bytes({**main, **pointers}, _ORDER, _START))  # the same wherever they point
    directories = []
    for tag, values in parts.items():
        pointers[tag] = long(end)
        directories.append(directory_bytes(values, _ORDER, end))
        end += len(directories[-1])
    first = directory_bytes({**main, **pointers}, _ORDER, _START)
    return b"".join((b"II*\0", struct.pack("<I", _START), first, *directories))


def _value(directory: Directory, tag: int, entry: Entry) -> Value | None:
    """The value of one tag; None where it is to be left out."""
    unit = _UNITS.get(entry.kind)
    if unit is None or entry.size > MAX_VALUE_BYTES:
        return None
    data = directory.bytes_of(tag) or b""
    if len(data) < entry.size:
        return None
    if directory.order == ">":
        if entry.kind == UNDEFINED and data.startswith(_UNICODE):
            data = _UNICODE + _swapped(data[len(_UNICODE) :], 2)
        data = _swapped(data, unit)
    # The type for UTF-8 is new in Exif 3.0; text of the older type is read as UTF-8 nearly everywhere.
    return Value(_ASCII if entry.kind == _UTF8 else entry.kind, entry.count, data)


def _swapped(data: bytes, unit: int) -> bytes:
    """The bytes with those of each unit in reverse; what remains at the end stays."""
    swapped = bytearray(data)
    whole = len(data) // unit * unit
    for at in range(unit):
        swapped[at:whole:unit] = data[unit - 1 - at : whole : unit]
    return bytes(swapped)
