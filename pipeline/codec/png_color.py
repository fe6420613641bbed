"""Colours that a PNG file tells as code points (cICP), or as gamma and chromaticities (gAMA, cHRM), and sRGB.

Of several, the first of cICP, iCCP, sRGB, and gAMA with cHRM counts (W3C, Portable Network Graphics, third edition,
section 4.3). Code points are those of ITU-T H.273.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.codec import transfer
from pipeline.types import FloatArray

COLOR_CHUNKS = frozenset({b"cICP", b"sRGB", b"gAMA", b"cHRM"})

_Curve: TypeAlias = Callable[[FloatArray], FloatArray]
_Matrix: TypeAlias = npt.NDArray[np.float64]

_D65 = (0.3127, 0.3290)
# x and y of white, red, green and blue.
_BT_709 = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_PRIMARIES = {
    1: _BT_709,
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # P3, as displays have it
}
# The curve of BT.709 (with those of BT.601 and BT.2020: 6, 14, 15) is a camera's. Its inverse gives the light, as in
# browsers; a television's curve (BT.1886) would be darker.
_TRANSFERS: Mapping[int, _Curve] = {
    **dict.fromkeys((1, 6, 14, 15), transfer.bt_709),
    4: partial(transfer.power, exponent=2.2),
    8: partial(transfer.power, exponent=1),
    13: transfer.srgb,
    16: transfer.pq,
    18: transfer.hlg,
}
_HDR = {16, 18}
_UNIT = 100_000  # of gAMA and cHRM
_SRGB_GAMMAS = range(45_000, 46_001)  # 45455 stands for sRGB; some round it to 0.45
_GAMMAS = range(20_000, 500_001)  # exponents from 5 to 0.2
_LEAST_AREA = 0.01  # twice that of the triangle of primaries; BT.709 has 0.22
_ROUNDING = 3e-4  # of a matrix of which the chromaticities have been rounded
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True, slots=True, eq=False)
class ColorSpace:
    """What the numbers of a picture mean.

    `to_light` gives their light; `matrix` (3, 3) takes it to sRGB's primaries, None if it has them. `is_hdr`: light may
    be brighter than sRGB's white.
    """

    to_light: _Curve
    matrix: FloatArray | None = None
    is_hdr: bool = False

    def in_srgb(self, values: FloatArray) -> FloatArray:
        """`values` (H, W, 3) float32 in [0, 1], as sRGB in [0, 1]; colours that sRGB does not have are clipped."""
        light = self.to_light(values)
        if self.is_hdr:
            light = transfer.tone_mapped(light)
        if self.matrix is not None:
            light = light @ self.matrix.T
        return transfer.to_srgb(np.clip(light, 0, 1))


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
    if primaries not in _PRIMARIES or curve not in _TRANSFERS or coefficients != 0 or full_range != 1:
        raise ValueError("These code points are not known, or not those of RGB in full range.")
    matrix = _to_srgb_primaries(_PRIMARIES[primaries])
    return _unless_srgb(ColorSpace(_TRANSFERS[curve], matrix, curve in _HDR))


def _of_gamma(gamma: bytes | None, chromaticities: bytes | None) -> ColorSpace | None:
    """The colour space of gAMA and cHRM, one of which may be missing; None for sRGB.

    Raises `ValueError` or `struct.error` where they make no sense.
    """
    curve: _Curve = transfer.srgb
    if gamma is not None:
        (number,) = struct.unpack(">I", gamma)
        if number not in _GAMMAS:
            raise ValueError("No photo has such a gamma.")
        if number not in _SRGB_GAMMAS:
            curve = partial(transfer.power, exponent=_UNIT / number)
    primaries = _BT_709 if chromaticities is None else [part / _UNIT for part in struct.unpack(">8I", chromaticities)]
    return _unless_srgb(ColorSpace(curve, _to_srgb_primaries(primaries)))


def _unless_srgb(space: ColorSpace) -> ColorSpace | None:
    return None if space.to_light is transfer.srgb and space.matrix is None else space


def _to_srgb_primaries(primaries: tuple[float, ...] | list[float]) -> FloatArray | None:
    """The matrix (3, 3) from light of these primaries to sRGB's, white to white (Bradford); None if they are the same.

    Raises `ValueError` where they are no colours, lie on a line, or do not mix to their white.
    """
    to_lms, to_srgb_lms = (_BRADFORD @ _to_xyz(points) for points in (primaries, _BT_709))
    white, srgb_white = to_lms.sum(axis=1), to_srgb_lms.sum(axis=1)
    matrix = np.linalg.inv(to_srgb_lms) @ np.diag(srgb_white / white) @ to_lms
    return None if np.allclose(matrix, np.eye(3), rtol=0, atol=_ROUNDING) else matrix.astype(np.float32)


def _to_xyz(primaries: tuple[float, ...] | list[float]) -> _Matrix:
    """The matrix (3, 3) from light of these primaries to XYZ (SMPTE RP 177)."""
    x, y = np.array(primaries).reshape(4, 2).T
    if (x + y).max() > 1 or y[0] == 0:
        raise ValueError("These chromaticities are no colours.")
    columns = np.array([x, y, 1 - x - y])
    white, mixed = columns[:, 0] / y[0], columns[:, 1:]
    if abs(np.linalg.det(mixed)) < _LEAST_AREA:
        raise ValueError("The primaries lie nearly on a line.")
    amounts = np.linalg.solve(mixed, white)
    if amounts.min() <= 0:
        raise ValueError("The primaries do not mix to their white.")
    to_xyz: _Matrix = mixed * amounts
    return to_xyz
