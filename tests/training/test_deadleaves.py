import numpy as np

from training.deadleaves import dead_leaves, fractal_noise


def test_the_same_seed_gives_the_same_picture() -> None:
    first = dead_leaves(np.random.default_rng(5), 96, 60)
    second = dead_leaves(np.random.default_rng(5), 96, 60)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, dead_leaves(np.random.default_rng(6), 96, 60))


def test_pictures_are_rgb_in_range_and_not_flat() -> None:
    picture = dead_leaves(np.random.default_rng(1), 96, 60)
    assert picture.shape == (96, 96, 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.std() > 0.05


def test_noise_with_a_steeper_spectrum_is_smoother() -> None:
    rough, smooth = (fractal_noise(np.random.default_rng(2), 64, exponent) for exponent in (0.3, 2.0))
    assert np.abs(np.diff(rough)).mean() > 3 * np.abs(np.diff(smooth)).mean()
    np.testing.assert_allclose([rough.mean(), rough.std()], [0, 1], atol=1e-3)
