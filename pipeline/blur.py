"""How blurred a face is, measured by blurring it once more.

Zhuo and Sim, "Defocus map estimation from a single image" (2011): the more blurred an edge is already, the less another
blur changes its gradient. Here two blurs are compared, so that noise counts less, and all strong edges of the face
together.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.face_region import ellipse_mask
from pipeline.geometry import resize
from pipeline.types import FloatArray, Image

FIRST, SECOND = 0.8, 1.6  # pixels, standard deviations of the two blurs
STRONGEST = 90  # percentile of the gradients from which on they are edges
# What the method finds on portraits that are not blurred (training/README.md): pixels, and a part of the crop's side,
# as the edges of a face are no steps and their width grows with the face.
OWN_PIXELS, OWN_PART = 1.1, 0.0025
LARGEST = 2.5  # pixels; above, the two gradients differ too little, and the picture is measured at half its size
SMALLEST_SIDE = 24  # pixels; smaller pictures have too few edges
FAINTEST = 2 / 255  # per pixel; a face whose strongest edges are fainter has none to measure
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def face_blur(crop: Image) -> float:
    """The standard deviation of the Gaussian blur in a square crop (N, N, 3) of a face, in its pixels.

    Under about 0.8 px for a sharp face, 0 for one without edges. Where the size at which it is measured changes, it
    falls by up to 15 %.
    """
    width, own = _edges(crop)
    return float(np.sqrt(max(0.0, width**2 - own**2)))


def edge_width(crop: Image) -> float:
    """How wide the strongest edges of a face are in a square crop (N, N, 3), in its pixels; 0 for one without edges.

    To compare two pictures of one face: near 0 the blur differs much for a small difference in width.
    """
    return _edges(crop)[0]


def _edges(crop: Image) -> tuple[float, float]:
    """The width of the edges, and the width that they would have in a sharp picture, in pixels of the crop."""
    side = crop.shape[0]
    luma = np.asarray(crop @ _LUMA, dtype=np.float32)
    mask = resize(ellipse_mask(), (side, side)) > 0.5
    first, second = _gradient(luma, FIRST)[mask], _gradient(luma, SECOND)[mask]
    edges = second >= np.percentile(second, STRONGEST)
    blurred_once, blurred_more = float(first[edges].sum()), float(second[edges].sum())
    if blurred_more <= FAINTEST * edges.sum():
        return 0.0, 0.0
    squared = (blurred_once / blurred_more) ** 2
    # Gradients of an edge of width w fall as 1 / sqrt(w² + s²) with a blur of s; solved for w².
    width = max(0.0, (SECOND**2 - squared * FIRST**2) / max(squared - 1, 1e-3))
    if width > LARGEST**2 and side >= 2 * SMALLEST_SIDE:
        wide, own = _edges(resize(crop, (side // 2, side // 2)))
        return 2 * wide, 2 * own
    return float(np.sqrt(width)), float(np.hypot(OWN_PIXELS, OWN_PART * side))


def _gradient(luma: FloatArray, blur: float) -> FloatArray:
    """The length of the gradient (H, W) after a Gaussian blur."""
    smooth = cv2.GaussianBlur(luma, (0, 0), blur)
    across, along = (cv2.Sobel(smooth, -1, dx, 1 - dx, ksize=1) for dx in (1, 0))
    return np.asarray(cv2.magnitude(across, along), dtype=np.float32)
