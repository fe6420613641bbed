from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from metrics.lpips import lpips


class Brightness:
    """A stand-in for a network: the difference of mean brightness, signed."""

    smallest_side = 1

    def distance(
        self, first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], check: Callable[[], None]
    ) -> float:
        check()
        return float(np.float32(first.mean() - second.mean()))


def test_output_goes_first() -> None:
    output, target = np.full((4, 4, 3), 0.75, np.float32), np.full((4, 4, 3), 0.25, np.float32)
    value = lpips(output, target, Brightness(), lambda: None)
    assert value == 0.5
    assert type(value) is float


def test_without_network() -> None:
    image = np.zeros((4, 4, 3), np.float32)
    assert lpips(image, image, None, lambda: None) is None
