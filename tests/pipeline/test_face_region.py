from __future__ import annotations

import numpy as np
import pytest

from pipeline.face_region import ellipse_mask, inside_crop, mean_color
from pipeline.types import CROP_SIZE


def test_the_mean_color_is_that_of_the_ellipse_only() -> None:
    crop = np.zeros((CROP_SIZE, CROP_SIZE, 3), np.float32)
    crop[ellipse_mask() > 0] = (0.2, 0.5, 0.9)
    assert mean_color(crop) == pytest.approx([0.2, 0.5, 0.9], abs=3e-4)


def test_weights_are_0_at_the_border_and_1_inside() -> None:
    weights = inside_crop()
    assert weights.shape == (CROP_SIZE, CROP_SIZE)
    assert weights[0].max() == weights[:, -1].max() == 0
    assert weights[40:-40, 40:-40].min() == 1
