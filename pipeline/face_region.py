"""Where the face is in an aligned crop: what is pasted, and what is measured."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pipeline.types import CROP_SIZE, FloatArray

# The ellipse covers brow to chin and ear to ear of the FFHQ crop and leaves hair and neck to the background.
ELLIPSE_CENTER = (256.0, 288.0)
ELLIPSE_RADII = (160.0, 196.0)
FEATHER = 0.42  # of the radius, over which the mask falls from 1 to 0
EDGE = 10  # pixels along the crop's border that are never pasted


@lru_cache(maxsize=1)
def ellipse_mask() -> FloatArray:
    """A soft mask (512, 512) in [0, 1], read-only: 1 on the face, falling smoothly to 0 inside the crop."""
    rows, columns = np.mgrid[0:CROP_SIZE, 0:CROP_SIZE].astype(np.float32)
    radius = np.hypot((columns - ELLIPSE_CENTER[0]) / ELLIPSE_RADII[0], (rows - ELLIPSE_CENTER[1]) / ELLIPSE_RADII[1])
    ramp = np.clip((1 + FEATHER / 2 - radius) / FEATHER, 0.0, 1.0)
    mask = ramp * ramp * (3 - 2 * ramp)  # smoothstep: no visible edge where the feather begins and ends
    result = np.asarray(mask * inside_crop(), dtype=np.float32)
    result.flags.writeable = False  # because every photo gets the same array
    return result


def inside_crop() -> FloatArray:
    """Weights (512, 512): 1 inside the crop, falling to 0 along its border."""
    distance = np.minimum(np.arange(CROP_SIZE), np.arange(CROP_SIZE)[::-1]).astype(np.float32)
    ramp = np.clip((distance - EDGE) / (2 * EDGE), 0.0, 1.0)
    return np.minimum(ramp[:, None], ramp[None, :]).astype(np.float32)


def mean_color(crop: FloatArray) -> FloatArray:
    """The mean (3,) of a crop (512, 512, 3) over the ellipse."""
    weights = ellipse_mask()
    # Not a product of matrices: the sum of BLAS depends on how many threads it has.
    total = np.einsum("rc,rck->k", weights, crop, dtype=np.float64)
    return np.asarray(total / weights.sum(dtype=np.float64), dtype=np.float32)
