"""Alignment of faces for recognisers: by the similarity transform that fits the landmarks to a template."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import Matrix, scaled, warp
from pipeline.types import FloatArray, Image

MAX_FINER = 16  # limits the cost of a huge face: at most 1792 px are drawn for a network of 112 px


def align(image: Image, landmarks: FloatArray, template: FloatArray, size: int) -> Image:
    """The aligned face (size, size, 3), RGB in [0, 1], black outside the image.

    `landmarks` (5, 2) are in pixels of `image` (H, W, 3), `template` (5, 2) in pixels of the result. Raises
    `StageFailed` if the landmarks allow no similarity transform.
    """
    matrix = alignment(landmarks, template)
    # Bilinear interpolation reads four neighbours: a warp that shrinks by more than two skips pixels, and aliasing
    # changes the embedding (a 512 px crop shrinks 3.6 times for ArcFace). So the face is drawn at about the image's own
    # resolution, a whole number of times larger, and then reduced by area averaging. insightface warps in one step.
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    finer = int(np.clip(round(1 / scale), 1, MAX_FINER))
    drawn = warp(image, scaled(matrix, finer, finer), (size * finer, size * finer), border=0.0)
    return np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA), dtype=np.float32)


def alignment(landmarks: FloatArray, template: FloatArray) -> Matrix:
    """The similarity transform (2, 3) that fits landmarks (5, 2) to the template (5, 2) by least squares.

    With points as complex numbers, rotation and scale are one complex factor, and least squares is one division. The
    result is that of Umeyama (1991), which insightface and dlib use. Raises `StageFailed` if there is none.
    """
    source = np.asarray(landmarks, dtype=np.float64)
    if source.shape != template.shape or not np.isfinite(source).all():
        raise StageFailed("A face cannot be recognised: its landmarks are not five points.")
    p, q = source @ (1, 1j), template.astype(np.float64) @ (1, 1j)
    p_mean, q_mean = p.mean(), q.mean()
    spread = float((np.abs(p - p_mean) ** 2).sum())
    factor = ((p - p_mean).conj() @ (q - q_mean)) / spread if spread > 0 else 0j
    if not 1e-6 < abs(factor) < 1e6:
        raise StageFailed("A face cannot be recognised: its landmarks lie in one place.")
    shift = q_mean - factor * p_mean
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])
