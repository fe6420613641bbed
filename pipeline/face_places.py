"""Places of faces: moved from one picture into another, and compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from pipeline.geometry import turned_back
from pipeline.types import Face, FloatArray

# Quarter turns, counter-clockwise, that are tried where the upright picture shows no face.
TURNS = (1, 3, 2)


def left_to_right(faces: Iterable[Face]) -> list[Face]:
    """The faces in the order in which they are counted."""
    return sorted(faces, key=lambda face: float(face.box[0]))


def overlap(first: FloatArray, second: FloatArray) -> float:
    """The intersection over union of two boxes (4,), in [0, 1]; 0 for boxes without an area."""
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    common = float(np.maximum(sides, 0).prod())
    union = float((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod()) - common
    return common / union if union > 0 else 0.0


def turned_upright(face: Face, quarters: int, width: int, height: int) -> Face:
    """A face of a turned image, in pixels of the image (`height`, `width`) before these `quarters` of a turn."""
    corners, landmarks = (
        turned_back(points, quarters, width - 1, height - 1) for points in (face.box.reshape(2, 2), face.landmarks)
    )
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(face, box=box, landmarks=landmarks)


def enlarged(face: Face, factor_x: float, factor_y: float) -> Face:
    """The face in an image that is larger by the factors. Pixel areas, not pixel centres, stay in place."""
    factors = np.array([factor_x, factor_y], dtype=np.float32)
    shift = (factors - 1) / 2
    return replace(
        face,
        box=(face.box.reshape(2, 2) * factors + shift).reshape(4).astype(np.float32),
        landmarks=(face.landmarks * factors + shift).astype(np.float32),
    )


def moved(face: Face, x: float, y: float) -> Face:
    """The face, moved by so many pixels."""
    step = np.array([x, y], dtype=np.float32)
    return replace(face, box=face.box + np.tile(step, 2), landmarks=face.landmarks + step)


def inside(face: Face, width: int, height: int) -> Face:
    """The face with its box cut at the border of a photo of that size; landmarks may lie outside."""
    limits = np.array([width, height, width, height], dtype=np.float32) - 1
    return replace(face, box=np.clip(face.box, 0, limits).astype(np.float32))
