"""A directory of a TIFF file: its tags, read only when asked for, and within limits; and a directory written."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.codec.limits import MAX_PROFILE_BYTES, MAX_TIFF_TAGS
from pipeline.errors import BrokenImage
from pipeline.types import Density

# Type → bytes of a value. 129 is UTF-8, new in Exif 3.0.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_LONG = {16, 18}  # of eight bytes, in BigTIFF only
_CLASSIC, _BIG = 42, 43
_ACROSS, _DOWN, _UNIT = 282, 283, 296  # pixels per unit, and the unit
_SHORT, _RATIONAL, _INCH = 3, 5, 2
_FINEST = 1_000  # the largest denominator of a density


@dataclass(frozen=True, slots=True)
class Value:
    """What a tag is to hold: the type and number of its values, and their bytes."""

    kind: int
    count: int
    stored: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag as it is stored: the type and number of its values, and the field with the values or their offset."""

    kind: int
    count: int
    field: bytes

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return self.count * _SIZES.get(self.kind, 0)


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory of the file `data`. `order` is struct's sign for its byte order."""

    data: bytes
    order: str
    big: bool
    entries: Mapping[int, Entry]
    next_offset: int

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag, `default` where it is not there. Raises what `numbers` raises."""
        values = self.numbers(tag, (default,), 1)
        return values[0] if values else default

    def numbers(self, tag: int, default: tuple[int, ...], most: int) -> tuple[int, ...]:
        """The values of a tag, which are unsigned integers.

        Raises `BrokenImage` where they are more than `most` or no such numbers, and `struct.error` where they lie
        outside the file.
        """
        entry = self.entries.get(tag)
        if entry is None:
            return default
        if entry.kind not in _UNSIGNED or entry.count > most:
            raise BrokenImage(f"This TIFF file is damaged: its tag {tag} makes no sense.")
        return struct.unpack(f"{self.order}{entry.count}{_UNSIGNED[entry.kind]}", self._values(entry))

    def bytes_of(self, tag: int) -> bytes | None:
        """The bytes of a tag; None where it is not there, no bytes where they are missing or too many."""
        entry = self.entries.get(tag)
        if entry is None:
            return None
        return self._values(entry) if entry.size <= MAX_PROFILE_BYTES else b""

    def reduced(self, tags: Mapping[int, int]) -> bytes:
        """The file as a classic TIFF with a directory of these tags only, each with so many values at most.

        Raises `BrokenImage` where one has more, and `struct.error` where its values do not fit into a classic TIFF.
        """
        body = self.data + bytes(-len(self.data) % 8)
        kept: dict[int, Value] = {}
        for tag, entry in self.entries.items():
            if tag not in tags:
                continue
            kind, stored = entry.kind, self._values(entry)
            if entry.count > tags[tag] or not 0 < entry.size == len(stored):
                raise BrokenImage(f"This TIFF file is damaged: its tag {tag} makes no sense.")
            if kind in _LONG:
                numbers = struct.unpack(f"{self.order}{entry.count}Q", stored)
                kind, stored = 4, struct.pack(f"{self.order}{entry.count}I", *numbers)
            kept[tag] = Value(kind, entry.count, stored)
        head = self.data[:2] + struct.pack(self.order + "HI", _CLASSIC, len(body))
        return b"".join((head, memoryview(body)[len(head) :], directory_bytes(kept, self.order, len(body))))

    def values(self) -> dict[int, Value]:
        """All tags whose values lie in the file. Raises `struct.error` where an offset is cut off."""
        stored = {tag: Value(entry.kind, entry.count, self._values(entry)) for tag, entry in self.entries.items()}
        return {tag: value for tag, value in stored.items() if len(value.stored) == self.entries[tag].size > 0}

    def _values(self, entry: Entry) -> bytes:
        if entry.size <= len(entry.field):
            return entry.field[: entry.size]
        (start,) = struct.unpack(self.order + ("Q" if self.big else "I"), entry.field)
        return self.data[start : start + entry.size]


def read_directory(data: bytes, offset: int | None = None) -> Directory:
    """The directory at `offset`, the first one without.

    Raises `BrokenImage` where it has more than `MAX_TIFF_TAGS` tags, and `struct.error` where it is not in the file.
    """
    order = "<" if data.startswith(b"II") else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == _BIG
    head, number, count, entry = (8, "Q", "Q", "HHQ8s") if big else (4, "I", "H", "HHI4s")
    if offset is None:
        (offset,) = struct.unpack_from(order + number, data, head)
    if offset >= len(data):
        raise BrokenImage("This TIFF file is incomplete: it ends before its directory.")
    (tags,) = struct.unpack_from(order + count, data, offset)
    if tags > MAX_TIFF_TAGS:
        raise BrokenImage(f"This TIFF file has more than {MAX_TIFF_TAGS} tags, which no real photo has.")
    position, step = offset + struct.calcsize("=" + count), struct.calcsize("=" + entry)
    entries: dict[int, Entry] = {}
    for at in range(tags):
        tag, *rest = struct.unpack_from(order + entry, data, position + at * step)
        entries.setdefault(tag, Entry(*rest))
    end = position + tags * step
    following = data[end : end + struct.calcsize("=" + number)]
    next_offset = int.from_bytes(following, "little" if order == "<" else "big")
    return Directory(data, order, big, entries, next_offset)


def directory_bytes(values: Mapping[int, Value], order: str, position: int) -> bytes:
    """A directory of a classic TIFF with these tags, the last one in its file, to stand at `position`.

    That must be even. `order` is struct's sign for the byte order of the file and of `values`.
    """
    position += 2 + 12 * len(values) + 4  # of the values that do not fit into the directory
    listed, outside = [struct.pack(order + "H", len(values))], []
    for tag, value in sorted(values.items()):
        stored = value.stored
        if len(stored) > 4:
            outside.append(stored + bytes(-len(stored) % 2))
            stored = struct.pack(order + "I", position)
            position += len(outside[-1])
        listed.append(struct.pack(order + "HHI", tag, value.kind, value.count) + stored.ljust(4, b"\0"))
    return b"".join((*listed, bytes(4), *outside))


def density_values(density: Density) -> dict[int, Value]:
    """The tags that tell a density, little-endian."""
    across, down = (Fraction(number).limit_denominator(_FINEST) for number in (density.x, density.y))
    return {
        _ACROSS: Value(_RATIONAL, 1, struct.pack("<II", *across.as_integer_ratio())),
        _DOWN: Value(_RATIONAL, 1, struct.pack("<II", *down.as_integer_ratio())),
        _UNIT: Value(_SHORT, 1, struct.pack("<H", _INCH)),
    }


def exif_of_density(density: Density | None) -> bytes:
    """An EXIF block that tells a density only, for formats without a place of their own; empty for None."""
    if density is None:
        return b""
    head = b"II" + struct.pack("<HI", _CLASSIC, 8)
    return head + directory_bytes(density_values(density), "<", len(head))
