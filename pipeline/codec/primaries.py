"""Primaries of RGB colours, and the matrices from their light to CIE XYZ and between two whites.

Primaries are the chromaticities x and y of white, red, green and blue, in this order.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Primaries: TypeAlias = tuple[float, ...]
Matrix: TypeAlias = npt.NDArray[np.float64]

_D65, _C = (0.3127, 0.3290), (0.3100, 0.3160)
BT_709: Primaries = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # and sRGB
ADOBE_RGB: Primaries = (*_D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)  # Adobe RGB (1998) Color Image Encoding
PRIMARIES: dict[int, Primaries] = {  # by their code point in ITU-T H.273
    1: BT_709,
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    **dict.fromkeys((6, 7), (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # P3, as cinemas have it
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # P3, as displays have it
}
D50 = np.array([0.9642, 1.0, 0.8249])  # the white of ICC profiles (ISO 15076-1)

_LEAST_AREA = 0.01  # twice that of the triangle of primaries; BT.709 has 0.22
_LEAST_RESPONSE = 0.05  # of each kind of cone to white; D65 has 0.94 to 1.09
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_xyz(primaries: Primaries) -> Matrix:
    """The matrix (3, 3) from light of these primaries to XYZ, in which white has the brightness 1 (SMPTE RP 177).

    Raises `ValueError` where they are no colours, lie nearly on a line, or do not mix to their white.
    """
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
    matrix: Matrix = mixed * amounts
    return matrix


def adaptation(white: Matrix, other: Matrix) -> Matrix:
    """The matrix (3, 3) that takes XYZ seen under `white` (3,) to XYZ seen under the `other` white (Bradford).

    Raises `ValueError` where `white` is so coloured that the eye cannot take it as white.
    """
    if (_BRADFORD @ white).min() < _LEAST_RESPONSE:
        raise ValueError("This white is no white.")
    gains = (_BRADFORD @ other) / (_BRADFORD @ white)
    matrix: Matrix = np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD
    return matrix
