import numpy as np
import pytest

from training.degradation import FIXED, degrade, random_degradation
from training.photos import Image


@pytest.fixture
def picture() -> Image:
    return np.random.default_rng(3).random((40, 56, 3), dtype=np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_random_degradations_are_deterministic_and_in_range(picture: Image, seed: int) -> None:
    def once() -> Image:
        rng = np.random.default_rng(seed)
        return degrade(picture, random_degradation(rng), rng)

    first, second = once(), once()
    assert np.array_equal(first, second)
    assert first.shape == picture.shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1


def test_output_is_rounded_to_eight_bits(picture: Image) -> None:
    out = degrade(picture, FIXED["degraded"], np.random.default_rng(0)) * 255
    np.testing.assert_allclose(out, out.round(), atol=1e-3)


def test_clean_only_rounds(picture: Image) -> None:
    out = degrade(picture, FIXED["clean"], np.random.default_rng(0))
    np.testing.assert_allclose(out, picture, atol=0.5 / 255 + 1e-6)


def test_the_argument_is_not_changed(picture: Image) -> None:
    before = picture.copy()
    degrade(picture, FIXED["heavy"], np.random.default_rng(0))
    assert np.array_equal(picture, before)
