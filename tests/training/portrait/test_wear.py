from __future__ import annotations

import numpy as np
import pytest

from training.degradation import Degradation
from training.photos import Image
from training.portrait.wear import GRADES, Wear, at_size, disk, path, random_wear, worn


def squares() -> Image:
    rows, columns = np.indices((64, 64)) // 8
    return np.repeat(((rows + columns) % 2 * 0.6 + 0.2)[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("kernel", [disk(1.5), disk(8), path(1.5, 0.3), path(8, 2.0)])
def test_a_blur_keeps_the_light(kernel: Image) -> None:
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1)


def test_blurs_under_one_pixel_are_none() -> None:
    assert disk(1) is None
    assert path(0, 0) is None


def test_a_path_blurs_along_its_direction_only() -> None:
    along = path(9, 0.0)
    assert along is not None
    assert (along.sum(axis=1) > 0.05).sum() == 1
    assert (along.sum(axis=0) > 0.05).sum() >= 9


@pytest.mark.parametrize(
    "wear",
    [
        *GRADES.values(),
        Wear(screen=3.0),
        Wear(scratches=3),
        Wear(dust=5),
        Wear(shrunk=2.0),
        Wear(motion=5.0, angle=1.0),
        Wear(grain=20.0),
    ],
)
def test_every_kind_of_wear_changes_the_picture_the_same_way_for_the_same_seed(wear: Wear) -> None:
    first, second = (worn(squares(), wear, np.random.default_rng(3)) for _ in range(2))
    assert first.dtype == np.float32
    assert 0 <= first.min() <= first.max() <= 1
    assert np.array_equal(first, second)
    assert np.abs(first - squares()).max() > 0.02


def test_no_wear_only_rounds_to_8_bits() -> None:
    assert worn(squares(), Wear(), np.random.default_rng(0)) == pytest.approx(squares(), abs=0.51 / 255)


def test_lengths_grow_with_the_face_and_those_of_the_scan_do_not() -> None:
    wear = Wear(defocus=4.0, motion=2.0, scan=Degradation(blur=1.0))
    assert at_size(wear, 64) == Wear(defocus=2.0, motion=1.0, scan=Degradation(blur=1.0))


def test_random_wear_is_sometimes_next_to_none_and_always_possible() -> None:
    rng = np.random.default_rng(0)
    drawn = [random_wear(rng) for _ in range(300)]
    nearly_none = [wear for wear in drawn if wear == Wear(scan=wear.scan) and wear.scan.blur == 0 == wear.scan.sharpen]
    assert 15 < len(nearly_none) < 120
    for wear in drawn[:100]:
        assert np.isfinite(worn(squares(), wear, rng)).all()
