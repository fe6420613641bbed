"""A directory of a TIFF file: its tags, read only when asked for, and within limits."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.codec.limits import MAX_PROFILE_BYTES, MAX_TIFF_TAGS
from pipeline.errors import BrokenImage

# Type → bytes of a value. 129 is UTF-8, new in Exif 3.0.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
_UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_LONG = {16, 18}  # of eight bytes, in BigTIFF only
_CLASSIC, _BIG = 42, 43


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
        kept = {tag: entry for tag, entry in sorted(self.entries.items()) if tag in tags}
        body = self.data + bytes(-len(self.data) % 8)
        position = len(body) + 2 + 12 * len(kept) + 4  # of the values that do not fit into the directory
        listed, values = [struct.pack(self.order + "H", len(kept))], []
        for tag, entry in kept.items():
            kind, stored = entry.kind, self._values(entry)
            if entry.count > tags[tag] or not 0 < entry.size == len(stored):
                raise BrokenImage(f"This TIFF file is damaged: its tag {tag} makes no sense.")
            if kind in _LONG:
                numbers = struct.unpack(f"{self.order}{entry.count}Q", stored)
                kind, stored = 4, struct.pack(f"{self.order}{entry.count}I", *numbers)
            if len(stored) > 4:
                values.append(stored + bytes(-len(stored) % 2))
                stored = struct.pack(self.order + "I", position)
                position += len(values[-1])
            listed.append(struct.pack(self.order + "HHI", tag, kind, entry.count) + stored.ljust(4, b"\0"))
        head = self.data[:2] + struct.pack(self.order + "HI", _CLASSIC, len(body))
        return b"".join((head, memoryview(body)[len(head) :], *listed, bytes(4), *values))

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
