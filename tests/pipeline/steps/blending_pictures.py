"""Pictures and places of crops, for tests of blending."""

from __future__ import annotations

import math

import numpy as np

from pipeline.geometry import Matrix
from pipeline.types import CROP_SIZE, Image
from tests.pipeline.fakes import FakeParser

WHOLE = FakeParser()


def plain(height: int, width: int, value: float = 0.5) -> Image:
    return np.full((height, width, 3), value, np.float32)


def to_crop(side: float, x: float, y: float, degrees: float = 0) -> Matrix:
    """The matrix of a square of this side about (x, y) of the photo."""
    scale, angle = CROP_SIZE / side, math.radians(degrees)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]])
    matrix[:, 2] = 255.5 - matrix @ (x, y, 0)
    return matrix
