"""The photos of `python -m bench.dry_run`."""

from __future__ import annotations

import numpy as np
import pytest

from bench.dry_run import CASES, montage


@pytest.mark.parametrize("faces", [0, 1, 7, 20])
def test_a_montage_has_the_size_and_the_faces(faces: int) -> None:
    scene, face = np.full((60, 90, 3), 90, np.uint8), np.full((50, 50, 3), 220, np.uint8)
    picture = montage(scene, [face] * faces, 0.5)
    assert picture.shape[0] * picture.shape[1] == pytest.approx(0.5e6, rel=0.01)
    assert ((picture > 180).mean() > 0.1) == (faces > 0)


def test_the_cases_span_what_is_promised() -> None:
    sizes, faces = {case.megapixels for case in CASES}, {case.faces for case in CASES}
    assert (len(CASES), min(sizes), max(sizes), min(faces), max(faces)) == (20, 0.1, 25, 0, 20)
