"""Back-projection by itself: what an enlarged picture is corrected by."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.back_projection import ROWS_AT_ONCE, project_back
from pipeline.run import Run


@pytest.mark.parametrize("factor", [2, 1.7])
def test_the_differences_are_spread_by_linear_interpolation_across_bands(factor: float) -> None:
    """As OpenCV interpolates the whole picture at once."""
    random = np.random.default_rng(2)
    small = random.uniform(0.4, 0.6, (ROWS_AT_ONCE, 9, 3)).astype(np.float32)
    size = round(9 * factor), round(ROWS_AT_ONCE * factor)
    enlarged = np.full((size[1], size[0], 3), 0.5, np.float32)
    expected = 0.5 + cv2.resize(small - np.float32(0.5), size, interpolation=cv2.INTER_LINEAR)
    project_back(enlarged, small, Run())
    np.testing.assert_allclose(enlarged, expected, atol=1e-5)
