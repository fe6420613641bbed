"""Properties of an item in an AVIF or HEIC file: those that its pixels need, and what it says of its colours."""

from __future__ import annotations

import struct
from typing import TypeAlias

from pipeline.codec.boxes import Box
from pipeline.codec.color_space import ColorSpace, space_of_code_points
from pipeline.codec.items import Item
from pipeline.errors import BrokenImage, UnsupportedMediaType

Property: TypeAlias = tuple[Box, bool]  # with whether a reader must understand it

_KEPT = {b"ispe", b"av1C", b"hvcC", b"pixi", b"colr", b"irot", b"imir", b"clap", b"auxC", b"pasp"}
_UNKNOWN, _BT_709_PRIMARIES, _SRGB_CURVE = 2, 1, 13  # code points of ITU-T H.273


def kept_properties(item: Item, name: str) -> tuple[Property, ...]:
    """The properties that pixels need. Raises `UnsupportedMediaType` where another one must be understood."""
    unknown = [found.kind for found, must in item.properties if must and found.kind not in _KEPT]
    if unknown:
        raise UnsupportedMediaType(f"This {name} file is stored in a way (layers, for example) that is not accepted.")
    kept = tuple(
        (found, must)
        for found, must in item.properties
        if found.kind in _KEPT and not (found.kind == b"colr" and found.content[:4] != b"nclx")
    )
    kinds = [found.kind for found, _ in kept]
    if len(set(kinds)) < len(kinds):  # the decoder might take another one than is checked here
        raise BrokenImage(f"This {name} file is damaged: its picture has a property twice.")
    return _turned_first(kept, kinds) if name == "AVIF" else kept


def _turned_first(properties: tuple[Property, ...], kinds: list[bytes]) -> tuple[Property, ...]:
    """The properties with a turn (irot) before a mirroring (imir), which show the same.

    A file may have them in either order (ISO/IEC 23008-12, 6.3), but Pillow's reader of AVIF always turns first. To
    mirror and then to turn is to turn the other way and then to mirror.
    """
    if b"irot" not in kinds or b"imir" not in kinds or kinds.index(b"irot") < kinds.index(b"imir"):
        return properties
    mirroring, (turn, must) = properties[kinds.index(b"imir")], properties[kinds.index(b"irot")]
    other_way = Box(b"irot", bytes([-turn.content[0] % 4])), must
    others = (one for one in properties if one[0].kind not in (b"irot", b"imir"))
    return (*others, other_way, mirroring)


def color_profile(item: Item) -> bytes | None:
    """The colour profile of the photo; None where it has none."""
    colors = (found.content for found, _ in item.properties if found.kind == b"colr")
    return next((content[4:] for content in colors if content[:4] in (b"prof", b"rICC")), None)


def color_space_of(item: Item) -> ColorSpace | None:
    """The colour space that the code points of the photo name (colr of type nclx); None for sRGB, or without them.

    Code points that say "unknown" stand for sRGB's. Raises `ValueError` for others that are not known.
    """
    colors = (found.content for found, _ in item.properties if found.kind == b"colr" and found.content[:4] == b"nclx")
    content = next(colors, None)
    if content is None:
        return None
    primaries, curve = struct.unpack_from(">HH", content, 4)
    return space_of_code_points(
        _BT_709_PRIMARIES if primaries == _UNKNOWN else primaries, _SRGB_CURVE if curve == _UNKNOWN else curve
    )
