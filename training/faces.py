"""Held-out faces at chosen native sizes, and the restoration of a face crop.

The native size of a face is the side, in photo pixels, of the square that alignment warps to 512 px.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry import FFHQ_512_TEMPLATE, scaled, similarity_transform, warp
from training.degradation import Degradation, degrade
from training.measures import resized
from training.photos import HELD_OUT, Image, held_out_photo

CROP = 512
NATIVE_SIZES = (64, 128, 256)

# Left eye, right eye, nose tip, left and right mouth corner (x, y), found by RetinaFace-MobileNet0.25 at full size.
LANDMARKS: dict[str, list[list[list[float]]]] = {
    "astronaut": [[[202.7, 101.0], [248.4, 102.3], [225.6, 130.2], [202.5, 140.0], [247.0, 141.1]]],
    "grace_hopper": [[[228.1, 194.3], [308.8, 191.7], [273.8, 257.9], [234.7, 279.6], [305.5, 277.3]]],
    "t1": [
        [[492.7, 318.9], [544.2, 332.0], [509.6, 361.1], [481.5, 365.8], [531.0, 377.0]],
        [[763.4, 397.4], [805.5, 402.4], [775.4, 431.4], [764.0, 437.8], [806.5, 441.6]],
        [[1150.9, 321.8], [1194.5, 323.0], [1168.5, 348.3], [1151.7, 361.7], [1195.0, 362.5]],
        [[287.9, 213.1], [318.1, 194.8], [304.6, 227.8], [316.9, 247.0], [339.1, 231.5]],
        [[88.8, 327.2], [129.4, 304.0], [120.8, 330.2], [113.6, 368.4], [145.2, 349.3]],
        [[921.0, 118.6], [949.2, 113.9], [925.0, 147.2], [938.3, 170.5], [960.5, 166.1]],
    ],
}


@dataclass(frozen=True)
class FaceCrop:
    """A crop (512, 512, 3), RGB in [0, 1], warped from a square of ``native`` pixels in the photo."""

    name: str
    image: Image
    native: float


def face_crop(name: str, photo: Image, points: list[list[float]], native: float, how: Degradation) -> FaceCrop:
    """Resample the photo so that the face has this native size, degrade it, warp it to the FFHQ template.

    ``points`` are the five landmarks (x, y) in the photo. Raises ``ValueError`` if no transform fits them.
    """
    landmarks = np.array(points, np.float32)
    matrix = similarity_transform(landmarks, FFHQ_512_TEMPLATE)
    if matrix is None:
        raise ValueError(f"{name}: the landmarks fit no similarity transform")
    factor = native * float(np.hypot(matrix[0, 0], matrix[1, 0])) / CROP
    height, width = round(photo.shape[0] * factor), round(photo.shape[1] * factor)
    degraded = degrade(resized(photo, height, width), how, np.random.default_rng(0))
    to_original = cv2.invertAffineTransform(scaled(np.array([[1.0, 0, 0], [0, 1.0, 0]]), factor, factor))
    whole = np.vstack([matrix, [0, 0, 1]]) @ np.vstack([to_original, [0, 0, 1]])
    return FaceCrop(name, warp(degraded, whole[:2], (CROP, CROP)), native)


def held_out_faces(native: float, how: Degradation) -> Iterator[FaceCrop]:
    """Every held-out face at one native size."""
    for photo in HELD_OUT:
        for number, points in enumerate(LANDMARKS.get(photo.name, []), start=1):
            name = f"{photo.name} {number}" if len(LANDMARKS[photo.name]) > 1 else photo.name
            yield face_crop(name, held_out_photo(photo), points, native, how)


def at_native_size(crop: FaceCrop) -> Image:
    """The crop reduced by area averages to the face's size in the photo."""
    side = min(CROP, max(1, round(crop.native)))
    return resized(crop.image, side, side)


def restored(crop: FaceCrop, enlarge: Callable[[Image], Image]) -> Image:
    """The crop (512, 512, 3) reduced to native size, enlarged, and resampled to 512 (area if larger, else cubic)."""
    return resized(enlarge(at_native_size(crop)), CROP, CROP)
