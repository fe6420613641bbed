"""What a picture's numbers mean where the file tells it without a profile. Code points are those of ITU-T H.273."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.codec import transfer
from pipeline.codec.primaries import ADOBE_RGB, BT_709, PRIMARIES, Primaries, adaptation, to_xyz
from pipeline.codec.transfer import Curve, Parametric
from pipeline.types import FloatArray

# The curve of BT.709 (with those of BT.601 and BT.2020: 6, 14, 15) is a camera's. Its inverse gives the light, as in
# browsers; a television's curve (BT.1886) would be darker.
_CURVES: Mapping[int, Curve] = {
    **dict.fromkeys((1, 6, 14, 15), transfer.BT_709),
    4: Parametric(2.2),
    5: Parametric(2.8),
    8: Parametric(1),
    13: transfer.SRGB,
    16: transfer.pq,
    18: transfer.hlg,
}
_ROUNDING = 3e-4  # of a matrix of which the chromaticities have been rounded


@dataclass(frozen=True, slots=True, eq=False)
class ColorSpace:
    """Colours of these `primaries`, whose numbers `curve` takes to light.

    `matrix` (3, 3) takes the light to sRGB's primaries, None if it has them.
    """

    curve: Curve
    primaries: Primaries
    matrix: FloatArray | None

    @property
    def is_hdr(self) -> bool:
        """Whether light may be brighter than sRGB's white."""
        return not isinstance(self.curve, Parametric)

    def in_srgb(self, values: FloatArray) -> FloatArray:
        """`values` (H, W, 3) float32 in [0, 1], as sRGB in [0, 1]; colours that sRGB does not have are clipped."""
        light = self.curve(values)
        if self.is_hdr:
            light = transfer.tone_mapped(light)
        if self.matrix is not None:
            light = light @ self.matrix.T
        return transfer.to_srgb(np.clip(light, 0, 1))


def color_space(primaries: Primaries, curve: Curve) -> ColorSpace | None:
    """The space of these colours; None for sRGB. Raises `ValueError` where the primaries make no sense."""
    matrix = _to_srgb_primaries(primaries)
    return None if matrix is None and curve == transfer.SRGB else ColorSpace(curve, primaries, matrix)


def space_of_code_points(primaries: int, curve: int) -> ColorSpace | None:
    """The space that these two code points name; None for sRGB. Raises `ValueError` where it is not known."""
    if primaries not in PRIMARIES or curve not in _CURVES:
        raise ValueError("These code points are not known.")
    return color_space(PRIMARIES[primaries], _CURVES[curve])


def adobe_rgb() -> ColorSpace | None:
    """Adobe RGB (1998)."""
    return color_space(ADOBE_RGB, Parametric(563 / 256))


def _to_srgb_primaries(primaries: Primaries) -> FloatArray | None:
    """The matrix (3, 3) from light of these primaries to sRGB's, white to white; None if they are the same."""
    own, srgb = to_xyz(primaries), to_xyz(BT_709)
    matrix = np.linalg.inv(srgb) @ adaptation(own.sum(axis=1), srgb.sum(axis=1)) @ own
    return None if np.allclose(matrix, np.eye(3), rtol=0, atol=_ROUNDING) else matrix.astype(np.float32)
