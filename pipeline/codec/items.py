"""The items of an AVIF or HEIC file: what its `meta` box says of the pictures in it (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.codec.boxes import Box, Reader, boxes
from pipeline.codec.limits import MAX_ITEMS, MAX_TABLE_BYTES
from pipeline.errors import BrokenImage

_FULL = 4  # bytes of version and flags


@dataclass(frozen=True, slots=True)
class Item:
    """An item: its type, its data, and its properties, each with whether a reader must understand it."""

    kind: bytes
    data: bytes
    properties: tuple[tuple[Box, bool], ...] = ()

    def property(self, kind: bytes) -> bytes | None:
        """The content of its first property of this type; None where it has none."""
        return next((found.content for found, _ in self.properties if found.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Items:
    """All items by number, which of them is the photo, and what refers to what, as (type, from, to)."""

    primary: int
    items: Mapping[int, Item]
    references: tuple[tuple[bytes, int, tuple[int, ...]], ...]

    def references_from(self, kind: bytes, item: int) -> tuple[int, ...]:
        """The items that `item` refers to in this way."""
        return next((to for name, start, to in self.references if name == kind and start == item), ())


def read_items(data: bytes) -> Items:
    """The items of a file.

    Raises `BrokenImage`, and `KeyError`, `StopIteration` or `struct.error` where a part is missing.
    """
    meta = next((found for found in boxes(data) if found.kind == b"meta"), None)
    if meta is None:
        raise BrokenImage("The file holds no still picture.")
    parts = {found.kind: found.content for found in boxes(meta.content, _FULL)}
    for kind in (b"iinf", b"iloc", b"iref"):
        _check_length(parts.get(kind, b""))
    primary = _number_of_version(Reader(parts[b"pitm"]), 0)
    kinds = dict(_kinds(parts[b"iinf"]))
    properties = dict(_properties(parts[b"iprp"]))
    places = _places(parts[b"iloc"])
    contents = dict(_contents(places, {0: data, 1: parts.get(b"idat", b"")}, 2 * len(data) + 2**20))
    items = {item: Item(kind, contents.get(item, b""), properties.get(item, ())) for item, kind in kinds.items()}
    return Items(primary, items, tuple(_references(parts[b"iref"])) if b"iref" in parts else ())


def _number_of_version(reader: Reader, most: int) -> int:
    """The number behind version and flags: two bytes up to version `most`, four in later ones."""
    version = reader.number(_FULL) >> 24
    return reader.number(2 if version <= most else 4)


def _kinds(content: bytes) -> Iterator[tuple[int, bytes]]:
    reader = Reader(content)
    if _number_of_version(reader, 0) > MAX_ITEMS:
        raise BrokenImage(f"The file has more than {MAX_ITEMS} items, which no real photo has.")
    for entry in boxes(content, reader.position):
        reader = Reader(entry.content)
        version = reader.number(_FULL) >> 24
        if entry.kind == b"infe" and version >= 2:
            number, _, kind = reader.number(2 if version == 2 else 4), reader.number(2), reader.bytes(4)
            yield number, kind


def _properties(content: bytes) -> Iterator[tuple[int, tuple[tuple[Box, bool], ...]]]:
    parts = list(boxes(content))
    known = list(boxes(next(part.content for part in parts if part.kind == b"ipco")))
    marks = [part for part in parts if part.kind == b"ipma"]
    _check_length(*(part.content for part in marks))
    for part in marks:
        reader = Reader(part.content)
        head = reader.number(_FULL)
        number_size, wide = (2 if head >> 24 == 0 else 4), head & 1
        for _ in range(_bounded(reader.number(4))):
            item = reader.number(number_size)
            marked = [reader.number(2 if wide else 1) for _ in range(reader.number(1))]
            essential, index = (0x8000, 0x7FFF) if wide else (0x80, 0x7F)
            chosen = [(mark & index, mark & essential > 0) for mark in marked if mark & index]
            yield item, tuple((known[at - 1], must) for at, must in chosen if at <= len(known))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item's data lie: in the file (method 0) or in the `idat` box (1), as (offset, length)."""

    item: int
    method: int
    extents: tuple[tuple[int, int], ...]


def _places(content: bytes) -> list[_Place]:
    reader = Reader(content)
    version = reader.number(_FULL) >> 24
    offset_size, length_size, base_size, index_size = (
        size for byte in reader.bytes(2) for size in (byte >> 4, byte & 0x0F)
    )
    places, extents = [], 0
    for _ in range(_bounded(reader.number(2 if version < 2 else 4))):
        item = reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 0x0F if version else 0
        reader.number(2)  # which file; only this one is read
        base, count = reader.number(base_size), reader.number(2)
        extents = _bounded(extents + count)
        found = []
        for _ in range(count):
            reader.number(index_size if version else 0)
            found.append((base + reader.number(offset_size), reader.number(length_size)))
        places.append(_Place(item, method, tuple(found)))
    return places


def _contents(places: list[_Place], sources: Mapping[int, bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """Each item's data. Items may share bytes, but not so many that the file's size says nothing of the work."""
    if sum(length for place in places for _, length in place.extents) > most:
        raise BrokenImage("The file is damaged: its items are longer than itself.")
    for place in places:
        source = sources.get(place.method)
        if source is None:
            continue
        if any(offset + length > len(source) for offset, length in place.extents):
            raise BrokenImage("The file is incomplete: it ends before its picture does.")
        yield place.item, b"".join(source[offset : offset + length] for offset, length in place.extents)


def _references(content: bytes) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    size = 2 if content[0] == 0 else 4
    for entry in boxes(content, _FULL):
        reader = Reader(entry.content)
        start = reader.number(size)
        yield entry.kind, start, tuple(reader.number(size) for _ in range(_bounded(reader.number(2))))


def _check_length(*tables: bytes) -> None:
    """Raise `BrokenImage` where tables of one kind are longer together than those of any real photo."""
    if sum(map(len, tables)) > MAX_TABLE_BYTES:
        raise BrokenImage(f"The file has a table of more than {MAX_TABLE_BYTES} bytes, which no real photo has.")


def _bounded(count: int) -> int:
    if count > MAX_ITEMS:
        raise BrokenImage(f"The file has more than {MAX_ITEMS} items, which no real photo has.")
    return count
