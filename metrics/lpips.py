"""Learned perceptual similarity: how different two pictures look to a network trained on people's judgement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Perceptual(Protocol):
    """A network that measures how different two pictures look; both sides must have at least `smallest_side` pixels."""

    smallest_side: int

    def distance(
        self, first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], check: Callable[[], None]
    ) -> float:
        """Two RGB images (H, W, 3) in [0, 1] of one shape in, their distance (0 for equal) out.

        `check` is called between tiles; it raises where the work is no longer wanted.
        """
        ...


def lpips(
    output: npt.NDArray[np.float32],
    target: npt.NDArray[np.float32],
    network: Perceptual | None,
    check: Callable[[], None],
) -> float | None:
    """LPIPS of two RGB images (H, W, 3) in [0, 1]: 0 for equal ones, higher for less alike; None without a network.

    Raises whatever the network or `check` raises.
    """
    return None if network is None else float(network.distance(output, target, check))
