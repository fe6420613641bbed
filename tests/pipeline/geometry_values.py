"""Matrices and pictures for tests of geometry."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import settings

from pipeline.geometry import (
    Matrix,
)

quick = settings(max_examples=40, deadline=None)


def similarity(scale: float, degrees: float, x: float, y: float) -> Matrix:
    cos, sin = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return np.array([[cos, -sin, x], [sin, cos, y]])
