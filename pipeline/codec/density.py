"""How many pixels per inch a file asks for, as each format stores it; what makes no sense counts as not there."""

from __future__ import annotations

import struct

from pipeline.types import Density

CENTIMETERS = 2.54  # of an inch
_LEAST, _MOST = 1, 100_000  # pixels per inch
_JFIF_INCH, _JFIF_CENTIMETER = 1, 2
_METER = 1  # the unit of a PNG


def density(x: float, y: float) -> Density | None:
    """Pixels per inch across and down; None where no picture has so few or so many."""
    return Density(x, y) if _LEAST <= x <= _MOST and _LEAST <= y <= _MOST else None


def per_meter(x: int, y: int) -> Density | None:
    """The density of so many pixels per metre, which were whole pixels per inch where those round to the same."""
    return density(_per_inch(x), _per_inch(y))


def _per_inch(per_meter: int) -> float:
    exact = per_meter * CENTIMETERS / 100
    whole = round(exact)
    return whole if round(whole * 100 / CENTIMETERS) == per_meter else exact


def jfif_density(segment: bytes) -> Density | None:
    """The density in the content of a JPEG's JFIF segment; None where it only says how wide a pixel is for its height.

    Source: ITU-T T.871, 10.1.
    """
    if len(segment) < 12:
        return None
    unit, x, y = struct.unpack_from(">BHH", segment, 7)
    if unit == _JFIF_INCH:
        return density(x, y)
    return density(x * CENTIMETERS, y * CENTIMETERS) if unit == _JFIF_CENTIMETER else None


def png_density(body: bytes) -> Density | None:
    """The density in the pHYs chunk of a PNG; None where that only says how wide a pixel is for its height."""
    if len(body) != 9:
        return None
    x, y, unit = struct.unpack(">IIB", body)
    return per_meter(x, y) if unit == _METER else None
