"""Peak signal-to-noise ratio: how far the pixels are apart."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from skimage.metrics import mean_squared_error


def psnr(output: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> float | None:
    """PSNR in decibels of two (H, W, 3) images in [0, 1], higher for more alike.

    None where it is unbounded: the images are equal, or so nearly that the squared difference vanishes (under
    1e-22). Raises `ValueError` where the shapes differ.
    """
    error = float(mean_squared_error(output, target))
    return None if error == 0 else -10 * math.log10(error)
