"""How recognisers see a face: turned, scaled and moved so that its landmarks come nearest to a template's."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import Matrix, scaled, warp
from pipeline.types import FloatArray, Image

MAX_FINER = 16  # bounds what an absurdly large face costs: 1792 px drawn for a network of 112


def align(image: Image, landmarks: FloatArray, template: FloatArray, size: int) -> Image:
    """The face as a network wants it: (size, size, 3), RGB in [0, 1], black outside the image.

    `landmarks` (5, 2) are in pixels of `image` (H, W, 3), `template` (5, 2) in those of the result. Raises
    `StageFailed` where the landmarks allow no similarity transform.
    """
    matrix = alignment(landmarks, template)
    # Linear interpolation looks at four neighbours: a warp that shrinks further steps over pixels, and fine detail
    # turns into noise that changes the embedding (a 512 px crop shrinks 3.6 times for ArcFace). So the face is drawn
    # larger by a whole number, at about the image's own resolution, and areas are averaged. insightface warps photos
    # in one step.
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    finer = int(np.clip(round(1 / scale), 1, MAX_FINER))
    drawn = warp(image, scaled(matrix, finer, finer), (size * finer, size * finer), border=0.0)
    return np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA), dtype=np.float32)


def alignment(landmarks: FloatArray, template: FloatArray) -> Matrix:
    """The (2, 3) similarity transform that brings landmarks (5, 2) nearest to the template, by least squares.

    With points of the plane as complex numbers, rotation and scale are one complex factor and least squares is one
    division; the result is Umeyama's (1991), which insightface takes, and dlib too. Raises `StageFailed` where there
    is none.
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
