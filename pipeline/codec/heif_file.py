"""Items → an AVIF or HEIC file that holds nothing else."""

from __future__ import annotations

import struct

from pipeline.codec.boxes import box
from pipeline.codec.items import Item, Items

_KEPT_REFERENCES = {b"dimg", b"auxl", b"prem"}
_HIDDEN = 1


def heif_file(found: Items, brand: bytes) -> bytes:
    """A file of `found.items`, whose names are new numbers in it. References to other items are left out."""
    numbers = {item: number for number, item in enumerate(found.items, start=1)}
    head = box(b"ftyp", brand, bytes(4), brand, b"mif1", b"miaf")
    offsets = dict.fromkeys(found.items, 0)
    start = len(head) + len(_meta(found, numbers, offsets)) + 8  # the place does not change the length
    for name, item in found.items.items():
        offsets[name] = start
        start += len(item.data)
    return b"".join((head, _meta(found, numbers, offsets), box(b"mdat", *(item.data for item in found.items.values()))))


def _meta(found: Items, numbers: dict[int, int], offsets: dict[int, int]) -> bytes:
    entries, places, names = [], [], []
    properties: dict[bytes, int] = {}  # each is listed once
    for name, item in found.items.items():
        number = numbers[name]
        hidden = 0 if name == found.primary else _HIDDEN
        names.append(box(b"infe", struct.pack(">BBHHH", 2, 0, hidden, number, 0), item.kind, b"\0"))
        places.append(struct.pack(">HHHII", number, 0, 1, offsets[name], len(item.data)))
        entries.append(_association(number, item, properties))
    references = [
        box(kind, struct.pack(f">HH{len(to)}H", numbers[start], len(to), *(numbers[item] for item in to)))
        for kind, start, to in _kept_references(found)
    ]
    count = len(found.items)
    return box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"pict", bytes(13)),
        box(b"pitm", bytes(4), struct.pack(">H", numbers[found.primary])),
        box(b"iloc", bytes(4), struct.pack(">BBH", 0x44, 0, count), *places),
        box(b"iinf", bytes(4), struct.pack(">H", count), *names),
        box(b"iref", bytes(4), *references) if references else b"",
        box(b"iprp", box(b"ipco", *properties), box(b"ipma", struct.pack(">II", 1, count), *entries)),
    )


def _association(number: int, item: Item, properties: dict[bytes, int]) -> bytes:
    """Which of `properties`, to which its own are added, an item has."""
    marks = []
    for found, essential in item.properties:
        index = properties.setdefault(box(found.kind, found.content), len(properties) + 1)
        marks.append(index | (0x8000 if essential else 0))
    return struct.pack(f">HB{len(marks)}H", number, len(marks), *marks)


def _kept_references(found: Items) -> list[tuple[bytes, int, tuple[int, ...]]]:
    return [
        (kind, start, to)
        for kind, start, to in found.references
        if kind in _KEPT_REFERENCES and start in found.items and set(to) <= set(found.items)
    ]
