"""AVIF and HEIC files whose boxes and items say what is not so, or that are built to be expensive."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from pipeline.codec.boxes import Box, box
from pipeline.codec.inspect import inspect
from pipeline.codec.items import Item, read_items
from tests.containers import avif, container_seeds, grid, heic, rebuilt, size_box

_HOLDERS = {b"meta": 4, b"iinf": 6, b"iprp": 0, b"ipco": 0, b"iref": 4}  # bytes in front of the boxes inside
_DISSECTED = ("avif-alpha", "heic-alpha", "heic-grid")
_ALPHA = Box(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
_LARGE = 5_000  # pixels: such a square is the most that the service takes


def heif_bombs() -> Iterator[tuple[str, bytes]]:
    for name in _DISSECTED:
        # As the pipeline writes it anew, so that all versions of the encoders give the same boxes.
        file = inspect(container_seeds()[name], max_pixels=10**6).parts.pixels
        for number, (at, size) in enumerate(_boxes(file)):
            kind = file[at + 4 : at + 8].decode().strip()
            for what, wrong in {"0": 0, "1": 1, "7": 7, "less": size - 1, "more": size + 1, "huge": 2**32 - 1}.items():
                yield f"{name}-{number}-{kind}-of-{what}", file[:at] + struct.pack(">I", wrong) + file[at + 4 :]
            yield f"{name}-{number}-{kind}-renamed", file[: at + 4] + b"free" + file[at + 8 :]
            yield f"{name}-{number}-{kind}-filled", file[: at + 8] + b"\xff" * (size - 8) + file[at + size :]
            yield f"{name}-{number}-{kind}-emptied", file[: at + 8] + bytes(size - 8) + file[at + size :]
    for kind, seed, make in (("avif", "avif-alpha", avif), ("heic", "heic-turned", heic)):
        yield from _items(kind, container_seeds()[seed])
        tile = make(np.zeros((500, 500, 3), np.uint8))
        whole = grid(tile, 10, 10, _LARGE, _LARGE)
        yield f"{kind}-25-mp-in-tiles-cut", whole[:-3]
        found = read_items(whole)
        last = max(found.items)
        broken = replace(found.items[last], data=found.items[last].data[:-20] + b"\xff" * 20)
        yield f"{kind}-25-mp-in-tiles-that-break", rebuilt(whole, {last: broken})
        yield f"{kind}-25-mp-in-tiles-of-nothing", rebuilt(whole, {last: replace(broken, data=b"")})
        large = _large(kind)
        yield f"{kind}-25-mp-cut", large[: len(large) * 9 // 10]
        found = read_items(large)
        photo = found.items[found.primary]
        half = len(photo.data) // 2
        for what, data in {
            "cut": photo.data[:half],
            "wrong": photo.data[:half] + b"\xa5" * half,
            "ends-wrong": photo.data[:-20] + b"\xa5" * 20,
        }.items():
            yield f"{kind}-25-mp-item-{what}", rebuilt(large, {found.primary: replace(photo, data=data)})


@cache
def _large(kind: str) -> bytes:
    """A black picture of 25 megapixels; kept, because it takes more than a second of the processor."""
    black = np.zeros((_LARGE, _LARGE, 3), np.uint8)
    if kind == "avif":
        return avif(black, speed=10)
    return heic(black, chroma=420, enc_params={"preset": "ultrafast"})


def _boxes(file: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where each box of a valid file begins, and its size; also of those inside others."""
    end = len(file) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", file, start)
        yield start, size
        if kind in _HOLDERS:
            yield from _boxes(file, start + 8 + _HOLDERS[kind], start + size)
        start += size


def _items(kind: str, file: bytes) -> Iterator[tuple[str, bytes]]:
    """Items that are too many, too large, of another kind, or that refer to themselves."""
    found = read_items(file)
    photo, primary = found.items[found.primary], found.primary

    def changed(**fields: object) -> bytes:
        return rebuilt(file, {primary: replace(photo, **fields)})  # type: ignore[arg-type]

    sizeless = tuple(one for one in photo.properties if one[0].kind != b"ispe")
    for width, height in ((0, 0), (1, 1), (47, 31), (49, 33), (112, 96), (5_000, 5_000), (60_000, 60_000)):
        yield f"{kind}-of-{width}-by-{height}", changed(properties=(*sizeless, size_box(width, height)))
        for columns, rows in ((1, 1), (2, 2), (256, 256)):
            name = f"{kind}-grid-of-{columns}-by-{rows}-for-{width}-by-{height}"
            if columns < 256 or width < 60_000:
                yield name, grid(file, min(columns, 20), min(rows, 20), width % 65_536, height % 65_536)
    for other in (b"av01", b"hvc1", b"grid", b"iovl", b"iden", b"jpeg", b"mime", b"Exif", b"tmap"):
        yield f"{kind}-item-{other.decode()}", changed(kind=other)
    for count in (10, 500, 999, 1_001):
        yield f"{kind}-of-{count}-items", rebuilt(file, dict.fromkeys(range(100, 100 + count), photo))
    for times in (0, 2, 300, 20_000):
        yield f"{kind}-data-{times}-times", changed(data=(photo.data * times)[:9_000_000])
    for length in (0, 1, 4, len(photo.data) // 2, len(photo.data) - 1):
        yield f"{kind}-data-of-{length}", changed(data=photo.data[:length])
    for number, (one, _) in enumerate(photo.properties):
        rest = photo.properties[:number] + photo.properties[number + 1 :]
        what = f"{kind}-property-{number}-{one.kind.decode()}"
        yield f"{what}-missing", changed(properties=rest)
        yield f"{what}-twice", changed(properties=(*photo.properties, (one, False)))
        yield f"{what}-empty", changed(properties=(*rest, (Box(one.kind, b""), True)))
        yield f"{what}-filled", changed(properties=(*rest, (Box(one.kind, b"\xff" * len(one.content)), True)))
        yield f"{what}-of-100-kb", changed(properties=(*rest, (Box(one.kind, one.content + bytes(100_000)), True)))
    alpha = replace(photo, properties=(*photo.properties, (_ALPHA, False)))
    own = (b"auxl", primary, (primary,))
    for what, references in {
        "itself": [own],
        "nothing": [(b"auxl", 99, (4_000,))],
        "all": [(b"dimg", primary, (primary,) * 500)],
        "in-a-ring": [(b"dimg", primary, (99,)), (b"dimg", 99, (primary,))],
    }.items():
        yield f"{kind}-refers-to-{what}", rebuilt(file, {99: alpha, primary: alpha}, references)
    tiles = replace(photo, kind=b"grid", data=struct.pack(">BBBBHH", 0, 0, 0, 0, 48, 32))
    nested = [(b"dimg", primary, (98,)), (b"dimg", 98, (98,))]
    yield (
        f"{kind}-grid-of-itself",
        rebuilt(file, {primary: tiles, 98: Item(b"grid", tiles.data, tiles.properties)}, nested),
    )
    at = file.index(b"meta") - 4
    for what, content in {
        "100000-boxes": box(b"free") * 100_000 + file[at:],
        "two-metas": box(b"meta", bytes(4)) + file[at:],
        "no-meta": box(b"mdat", bytes(100)),
        "empty-meta": box(b"meta", bytes(4)),
        "deep-boxes": b"".join(struct.pack(">I4s", 8 * left, b"moov") for left in range(100_000, 0, -1)) + file[at:],
    }.items():
        yield f"{kind}-of-{what}", file[:at] + content
