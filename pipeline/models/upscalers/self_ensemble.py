"""Geometric self-ensemble: the mean of what an upscaler makes of a tile in each of its eight positions.

Timofte, Rothe and Van Gool, "Seven ways to improve example-based single image super resolution", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from pipeline.models.roles import Upscaler
from pipeline.types import Image

POSITIONS = tuple(product((False, True), range(4)))  # mirrored or not, and quarter turns


class SelfEnsemble:
    """An upscaler that takes eight times as long as `upscaler`, and as much memory.

    Its tiles overlap twice as much: where so much time is spent, the part of it that makes seams rarer still is small.
    """

    def __init__(self, upscaler: Upscaler) -> None:
        self._upscaler = upscaler
        self.name, self.working_bytes = upscaler.name, upscaler.working_bytes
        self.scale, self.tile = upscaler.scale, upscaler.tile
        self.overlap = min(2 * upscaler.overlap, self.tile // 2)

    @property
    def batch_size(self) -> int:
        """How many tiles fit into memory at once."""
        return self._upscaler.batch_size

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """Tiles (h, w, 3) of one shape, RGB in [0, 1] → (h·scale, w·scale, 3). Raises `DeviceOutOfMemory`."""
        height, width = (side * self.scale for side in tiles[0].shape[:2])
        means: list[Image] = [np.zeros((height, width, 3), np.float32) for _ in tiles]
        for mirrored, turns in POSITIONS:
            placed = [np.ascontiguousarray(np.rot90(tile[:, ::-1] if mirrored else tile, turns)) for tile in tiles]
            for mean, enlarged in zip(means, self._upscaler.upscale(placed), strict=True):
                back = np.rot90(enlarged, -turns)
                mean += back[:, ::-1] if mirrored else back
        for mean in means:
            mean /= len(POSITIONS)
        return means
