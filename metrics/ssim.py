"""Structural similarity: how similar local patterns are."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

WINDOW = 7
SMALLEST_WINDOW = 3
_ROWS_AT_ONCE = 128

_similarity = cast("Callable[..., float]", structural_similarity)  # scikit-image has no types


def ssim(output: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> float | None:
    """Mean SSIM over the channels of two RGB (H, W, 3) float32 images in [0, 1]: 1 for equal ones, −1 at worst.

    The window is uniform, 7 × 7 pixels, as scikit-image's is, or the largest odd one that fits (Wang, Bovik,
    Sheikh and Simoncelli, "Image quality assessment", 2004). None where a side is under 3 pixels. Raises
    `ValueError` where the shapes differ.
    """
    if output.shape != target.shape:
        raise ValueError(f"The images differ in shape: {output.shape} and {target.shape}.")
    height, width = output.shape[:2]
    side = min(height, width)
    if side < SMALLEST_WINDOW:
        return None
    window = min(WINDOW, side - 1 + side % 2)
    # Scikit-image holds about fifteen arrays of the image's size. Bands of rows that overlap by the window's margin
    # contain the same windows, so they give the same mean in less memory.
    margin = window - 1
    total = 0.0
    for top in range(0, height - margin, _ROWS_AT_ONCE):
        bottom = min(top + _ROWS_AT_ONCE + margin, height)
        rows = slice(top, bottom)
        mean = _similarity(output[rows], target[rows], win_size=window, data_range=1.0, channel_axis=-1)
        total += float(mean) * (bottom - margin - top)
    return float(total / (height - margin))
