"""Colours that a PNG file tells as code points (cICP), or as gamma and chromaticities (gAMA, cHRM), and sRGB.

Of several, the first of cICP, iCCP, sRGB, and gAMA with cHRM counts (W3C, Portable Network Graphics, third edition,
section 4.3).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from pipeline.codec import transfer
from pipeline.codec.color_space import ColorSpace, color_space, space_of_code_points
from pipeline.codec.primaries import BT_709
from pipeline.codec.transfer import Parametric

COLOR_CHUNKS = frozenset({b"cICP", b"sRGB", b"gAMA", b"cHRM"})

_UNIT = 100_000  # of gAMA and cHRM
_SRGB_GAMMAS = range(45_000, 46_001)  # 45455 stands for sRGB; some round it to 0.45
_GAMMAS = range(20_000, 500_001)  # exponents from 5 to 0.2


def colors(chunks: Mapping[bytes, bytes], profile: bytes | None) -> tuple[ColorSpace | None, bytes | None]:
    """The colour space, or the profile, of a PNG file with `profile` (iCCP) and these `chunks`, bodies by their kind.

    Both are None for sRGB. The profile is empty where nothing that the file tells of its colours can be used.
    """
    if b"cICP" in chunks:
        try:
            return _of_code_points(chunks[b"cICP"]), None
        except ValueError:
            profile = b"" if profile is None and len(chunks) == 1 else profile
    if profile is not None or b"sRGB" in chunks or not chunks:
        return None, profile
    try:
        return _of_gamma(chunks.get(b"gAMA"), chunks.get(b"cHRM")), None
    except (ValueError, struct.error):
        return None, b""


def _of_code_points(body: bytes) -> ColorSpace | None:
    """The colour space of a cICP chunk; None for sRGB. Raises `ValueError` where it is not known."""
    primaries, curve, coefficients, full_range = body
    if coefficients != 0 or full_range != 1:
        raise ValueError("These code points are not those of RGB in full range.")
    return space_of_code_points(primaries, curve)


def _of_gamma(gamma: bytes | None, chromaticities: bytes | None) -> ColorSpace | None:
    """The colour space of gAMA and cHRM, one of which may be missing; None for sRGB.

    Raises `ValueError` or `struct.error` where they make no sense.
    """
    curve = transfer.SRGB
    if gamma is not None:
        (number,) = struct.unpack(">I", gamma)
        if number not in _GAMMAS:
            raise ValueError("No photo has such a gamma.")
        if number not in _SRGB_GAMMAS:
            curve = Parametric(_UNIT / number)
    if chromaticities is None:
        return color_space(BT_709, curve)
    return color_space(tuple(part / _UNIT for part in struct.unpack(">8I", chromaticities)), curve)
