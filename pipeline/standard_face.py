"""The standard face: where the five landmarks lie in a box, for a face that the detector does not see."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.geometry import turned_back
from pipeline.types import Face, FloatArray

# Measured with `mtcnn` on 800 upright portraits of different people (275 px high, one face each) and their mirror
# images: the means of the landmarks, as parts of the detected box, and of the box's width over its height. The
# landmarks of a single face lie off these means by 4 % of its box's height, those of one in twenty by more than 7.5 %.
LANDMARKS: FloatArray = np.array(
    [[0.2754, 0.3994], [0.7246, 0.3994], [0.5, 0.6030], [0.2756, 0.7332], [0.7244, 0.7332]], dtype=np.float32
)
WIDTH_OVER_HEIGHT = 0.74


def estimated_face(box: FloatArray, quarters: int) -> Face:
    """The standard face, as large as fits into the middle of `box` (4,); its score is 0.

    A face that fills the box would have other proportions than any real one. `quarters`: the counter-clockwise quarter
    turns, 0 to 3, after which the face would be upright.
    """
    points = turned_back(LANDMARKS, quarters, 1.0, 1.0) if quarters else LANDMARKS
    proportions = np.array([1.0, WIDTH_OVER_HEIGHT] if quarters % 2 else [WIDTH_OVER_HEIGHT, 1.0], dtype=np.float32)
    sides = proportions * ((box[2:] - box[:2]) / proportions).min()
    landmarks = (box[:2] + box[2:]) / 2 + (points - np.float32(0.5)) * sides
    return Face(box, landmarks.astype(np.float32), 0.0, landmarks_estimated=True)


def turn_of(faces: Iterable[Face]) -> int:
    """The counter-clockwise quarter turns, 0 to 3, after which most of the faces would be upright; 0 without faces."""
    x = y = 0.0
    for face in faces:
        down = face.landmarks[3:].mean(axis=0) - face.landmarks[:2].mean(axis=0)  # from the eyes to the mouth
        length = max(float(np.linalg.norm(down)), 1e-6)
        x, y = x + float(down[0]) / length, y + float(down[1]) / length
    if abs(y) >= abs(x):
        return 0 if y >= 0 else 2
    return 1 if x < 0 else 3
