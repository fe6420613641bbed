"""Curves between a picture's numbers and light: (…, 3) float32 in, and out; sRGB's white is 1.

Numbers are in [0, 1]. Light is too, except that of `pq` and `hlg`, where white is 203 cd/m² (ITU-R BT.2408) and lights
of up to 10,000 and 1,000 cd/m² are possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pipeline.types import FloatArray

_WHITE = 203  # cd/m²
_BRIGHTEST = np.float32(1_000 / _WHITE)  # the light that becomes sRGB's white: what most HDR is made for
_BT_2100_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


Curve: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Parametric:
    """The light of a number x: (`slope` x + `offset`)^`exponent` from `start` on, and `toe` x below.

    This is type 3 of the parametric curves of an ICC profile (ISO 15076-1, 10.18). A power alone has the defaults.
    """

    exponent: float
    slope: float = 1.0
    offset: float = 0.0
    toe: float = 0.0
    start: float = 0.0

    def __call__(self, values: FloatArray) -> FloatArray:
        """Light of `values`."""
        light: FloatArray = (values * np.float32(self.slope) + np.float32(self.offset)) ** np.float32(self.exponent)
        return light if self.start == 0 else np.where(values < self.start, values * np.float32(self.toe), light)


SRGB = Parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1
BT_709 = Parametric(1 / 0.45, 1 / 1.0992968, 0.0992968 / 1.0992968, 1 / 4.5, 0.0812429)  # as cameras store it


def to_srgb(light: FloatArray) -> FloatArray:
    """sRGB's numbers of a light (IEC 61966-2-1)."""
    values: FloatArray = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return values


def pq(values: FloatArray) -> FloatArray:
    """Light of a display that shows perceptual quantisation (ITU-R BT.2100, table 4)."""
    root = values ** np.float32(32 / 2523)
    ratio = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    light: FloatArray = ratio ** np.float32(8192 / 1305) * (10_000 / _WHITE)
    return light


def hlg(values: FloatArray) -> FloatArray:
    """Light of a display of 1,000 cd/m² that shows hybrid log-gamma (ITU-R BT.2100, table 5)."""
    above = (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12
    scene: FloatArray = np.where(values <= 0.5, values**2 / 3, above)
    luminance = (scene @ _BT_2100_LUMINANCE)[..., np.newaxis]
    light: FloatArray = scene * luminance ** np.float32(0.2) * _BRIGHTEST
    return light


def tone_mapped(light: FloatArray) -> FloatArray:
    """Light of up to 1,000 cd/m² as light of up to 1, in the same hue.

    Equation 4 of Reinhard et al., Photographic Tone Reproduction for Digital Images, 2002, on the brightest channel.
    """
    most = light.max(axis=-1, keepdims=True)
    mapped: FloatArray = light * ((1 + most / _BRIGHTEST**2) / (1 + most))
    return mapped
