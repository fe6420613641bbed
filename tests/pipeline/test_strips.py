from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.strips import PIXELS, STEP, strips


@given(length=st.integers(0, 40_000), breadth=st.integers(0, 40_000))
def test_strips_follow_each_other_and_cover_the_axis(length: int, breadth: int) -> None:
    found = list(strips(length, breadth))
    assert np.array_equal(np.concatenate([np.arange(length)[each] for each in found] or [[]]), np.arange(length))
    assert all(each.start % STEP == 0 for each in found)
    assert all(STEP <= each.stop - each.start < max(STEP, PIXELS / max(breadth, 1)) + STEP for each in found[:-1])
    assert len(found) == 1 or not found or found[-1].stop - found[-1].start >= STEP


def test_a_large_picture_has_strips_of_a_few_hundred_lines_and_a_small_one_has_one() -> None:
    assert [each.stop for each in strips(600, 8000)] == [256, 512, 600]
    assert [each.stop for each in strips(570, 8000)] == [256, 570]
    assert list(strips(1024, 1024)) == [slice(0, 1024)]
