"""Black-and-white photos: which are, and pictures reduced to their brightness."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.strips import Check, strips, unchecked
from pipeline.types import Image

# Of the range [0, 1], between two channels of a grey pixel: two levels of 255, which JPEG and colour profiles round to.
ROUNDING = 2.5 / 255
_ROWS_AT_ONCE = 64  # a photo with colours is known by its first rows, as a rule


def is_grey(image: Image) -> bool:
    """Whether the channels of `image` (H, W, 3), RGB in [0, 1], differ by at most two levels of 255 in every pixel."""
    for top in range(0, len(image), _ROWS_AT_ONCE):
        red, green, blue = cv2.split(image[top : top + _ROWS_AT_ONCE])
        pairs = (red, green), (green, blue), (blue, red)
        if any(cv2.norm(first, second, cv2.NORM_INF) > ROUNDING for first, second in pairs):
            return False
    return True


def to_grey(image: Image, out: Image | None = None, check: Check = unchecked) -> Image:
    """The luma of `image` (H, W, 3), RGB in [0, 1], in three channels that are equal to the bit.

    The weights are those of ITU-R BT.601. The result is a new image, or is written into `out`, which may be `image`.
    `check` is called between the strips of a large image and may raise.
    """
    result = np.empty(image.shape, dtype=np.float32) if out is None else out
    for rows in strips(*image.shape[:2]):
        check()
        luma = cv2.cvtColor(image[rows], cv2.COLOR_RGB2GRAY)
        cv2.cvtColor(luma, cv2.COLOR_GRAY2RGB, dst=result[rows])
    return result
