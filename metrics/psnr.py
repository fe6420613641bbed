"""Peak signal-to-noise ratio, from the mean squared difference of the pixels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from skimage.metrics import mean_squared_error


def psnr(output: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> float | None:
    """PSNR in decibels of two RGB (H, W, 3) float32 images in [0, 1]; higher means more similar.

    None where it is infinite: the images are equal, or their mean squared difference rounds to 0 (under 1e-22).
    Raises `ValueError` where the shapes differ.
    """
    error = float(mean_squared_error(output, target))
    return None if error == 0 else -10 * math.log10(error)
