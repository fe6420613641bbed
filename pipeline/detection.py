"""Detection: the faces of a photo, found on a bounded copy of it, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.geometry import bounded_size, resize
from pipeline.run import Run
from pipeline.types import Detector, Face, FaceChoice, FloatArray, Image


def detect(image: Image, detector: Detector, run: Run) -> list[Face]:
    """Faces of `image` (H, W, 3) in its own pixels, left to right, their boxes cut at the photo's border.

    The detector sees a copy whose long side is at most `detector.max_side`: on a large photo more pixels cost
    much and find nothing new.
    """
    height, width = image.shape[:2]
    size = bounded_size(width, height, detector.max_side)
    faces = detector.detect(resize(image, size))
    run.progress(1, 1)
    factors = (width / size[0], height / size[1])
    found = [_inside(_enlarged(face, *factors), width, height) for face in faces]
    return sorted(found, key=lambda face: float(face.box[0]))


def select(faces: Sequence[Face], choice: FaceChoice, width: int, height: int) -> list[bool]:
    """For each face, whether it is among the chosen: all, the largest, or the one nearest the centre."""
    if not faces or choice == "all":
        return [True] * len(faces)
    if choice == "largest":
        scores = [_area(face.box) for face in faces]
    else:
        middle = np.array([width, height], dtype=np.float32) / 2
        scores = [-float(np.linalg.norm((face.box[:2] + face.box[2:]) / 2 - middle)) for face in faces]
    best = int(np.argmax(scores))
    return [index == best for index in range(len(faces))]


def _area(box: FloatArray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _inside(face: Face, width: int, height: int) -> Face:
    """The face with a box that ends where the photo does; landmarks may lie outside."""
    limits = np.array([width, height, width, height], dtype=np.float32) - 1
    return replace(face, box=np.clip(face.box, 0, limits).astype(np.float32))


def _enlarged(face: Face, factor_x: float, factor_y: float) -> Face:
    factors = np.array([factor_x, factor_y], dtype=np.float32)
    shift = (factors - 1) / 2  # pixel areas, not pixel centres, stay in place
    return replace(
        face,
        box=(face.box.reshape(2, 2) * factors + shift).reshape(4).astype(np.float32),
        landmarks=(face.landmarks * factors + shift).astype(np.float32),
    )
