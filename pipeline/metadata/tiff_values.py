"""Values of TIFF tags, read from a directory, and a block of directories made of them, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.codec.tiff_directory import Directory, Entry

SHORT, LONG, RATIONAL, UNDEFINED, _ASCII, _UTF8 = 3, 4, 5, 7, 2, 129
MAX_VALUE_BYTES = 8_192
_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, _UTF8: 1}  # bytes swapped as one
_UNICODE = b"UNICODE\0"  # before text in UTF-16, in the block's byte order
_START, _ENTRY = 8, 12  # bytes before the first directory, and of an entry
_LARGEST_DENOMINATOR = 10_000


@dataclass(frozen=True, slots=True)
class Value:
    """The values of one tag: their type, how many they are, and their bytes, little-endian."""

    kind: int
    count: int
    data: bytes


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


def rational(number: float) -> Value:
    """A number from 0 to 100,000 as a fraction."""
    fraction = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    return Value(RATIONAL, 1, struct.pack("<II", fraction.numerator, fraction.denominator))


def fraction_of(value: Value) -> float | None:
    """The first number of a value that holds fractions; None where it holds none."""
    if value.kind != RATIONAL:
        return None
    numerator, denominator = struct.unpack_from("<II", value.data)
    return numerator / denominator if denominator else None


def block(main: Mapping[int, Value], parts: Mapping[int, Mapping[int, Value]]) -> bytes:
    """A TIFF structure: the directory `main`, and behind it `parts`, each named by the tag that tells its place."""
    pointers = {tag: long(0) for tag in parts}
    end = _START + len(_directory({**main, **pointers}, _START))  # where they point does not change the length
    directories = []
    for tag, values in parts.items():
        pointers[tag] = long(end)
        directories.append(_directory(values, end))
        end += len(directories[-1])
    return b"".join((b"II*\0", struct.pack("<I", _START), _directory({**main, **pointers}, _START), *directories))


def _directory(values: Mapping[int, Value], start: int) -> bytes:
    """A directory that starts at byte `start`, with the values that do not fit into it behind; of an even length."""
    position = start + 2 + _ENTRY * len(values) + 4
    entries, behind = [struct.pack("<H", len(values))], []
    for tag, value in sorted(values.items()):
        field = value.data
        if len(field) > 4:
            behind.append(field + bytes(len(field) % 2))
            field = struct.pack("<I", position)
            position += len(behind[-1])
        entries.append(struct.pack("<HHI", tag, value.kind, value.count) + field.ljust(4, b"\0"))
    return b"".join((*entries, bytes(4), *behind))


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
