"""The boxes that AVIF and HEIC files consist of (ISO/IEC 14496-12), read and written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.codec.limits import MAX_BOXES
from pipeline.errors import BrokenImage


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type of four letters, and its content without the head."""

    kind: bytes
    content: bytes


def boxes(data: bytes, start: int = 0) -> Iterator[Box]:
    """The boxes in `data` from `start` on. Raises `BrokenImage` where one is cut off or there are too many."""
    for _ in range(MAX_BOXES):
        if start + 8 > len(data):  # fewer bytes than a head: padding
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        elif size == 0:  # to the end
            size = len(data) - start
        if not head <= size <= len(data) - start:
            raise BrokenImage("The file is damaged or incomplete: it ends before its parts do.")
        yield Box(kind, data[start + head : start + size])
        start += size
    raise BrokenImage(f"The file has more than {MAX_BOXES} parts, which no real photo has.")


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box with these contents, one behind the other."""
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


class Reader:
    """Unsigned numbers (big-endian) one after the other. Raises `struct.error` at the end of the data."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data, self.position = data, position

    def number(self, size: int) -> int:
        """The next number, of `size` bytes; 0 where `size` is 0."""
        return int.from_bytes(self.bytes(size), "big")

    def bytes(self, size: int) -> bytes:
        """The next `size` bytes."""
        taken = self._data[self.position : self.position + size]
        if len(taken) < size:
            raise struct.error("the data ends too early")
        self.position += size
        return taken
