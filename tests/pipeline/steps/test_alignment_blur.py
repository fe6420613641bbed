"""The blur of an aligned face, in pixels of the photo, whatever the size of the face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.types import Face, Image
from training.faces import LANDMARKS


@pytest.mark.parametrize("factor", [0.5, 1.0, 6.0])
def test_it_is_given_in_pixels_of_the_photo(astronaut: Image, factor: float) -> None:
    """At six times the size, the face is larger than its crop."""
    photo = cv2.resize(cv2.GaussianBlur(astronaut, (0, 0), 3), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    points = (np.array(LANDMARKS["astronaut"][0], np.float32) * factor).astype(np.float32)
    (crop,) = align(np.asarray(photo), [Face(np.float32([0, 0, 1, 1]), points, 0.9)], Run())
    assert crop is not None
    assert crop.blur == pytest.approx(3 * factor, rel=0.25)
