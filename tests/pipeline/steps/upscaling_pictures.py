"""Pictures and an upscaler with small tiles, for tests of upscaling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import DeviceOutOfMemory
from pipeline.models.roles import Upscaler
from pipeline.types import Image


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(4).random((height, width, 3), dtype=np.float32)


def gradient(height: int, width: int) -> Image:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([rows / height, columns / width, (rows + columns) / (height + width)], axis=2)


@dataclass
class Tiled:
    """An upscaler with smaller tiles."""

    inner: Upscaler
    tile: int
    overlap: int
    room: float = math.inf  # pixels that fit into memory at once
    name: str = "tiled"
    batch_size: int = 1
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def scale(self) -> int:
        return self.inner.scale

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        if sum(tile.shape[0] * tile.shape[1] for tile in tiles) > self.room:
            raise DeviceOutOfMemory("No room.")
        self.shapes.extend(tile.shape for tile in tiles)
        return self.inner.upscale(tiles)
