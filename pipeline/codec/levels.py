"""Pixels as the integers that files hold."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.types import FloatArray, Image

Levels: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_ROWS_AT_ONCE = 256


def levels_of(image: Image, alpha: FloatArray | None, *, bits: int, on_white: bool = False) -> Levels:
    """Grey (H, W, 1), grey and alpha (H, W, 2), BGR (H, W, 3) or BGRA (H, W, 4) in 0…255, rounded half up.

    With 16 `bits` in 0…65,535. `image` is RGB or has one channel; it and `alpha` (H, W) are clipped to [0, 1].
    `on_white`: instead of being a channel, `alpha` lays the picture on white. In bands, to avoid a second float copy in
    memory.
    """
    height, width, channels = image.shape
    most = 2**bits - 1
    shape = (height, width, channels if alpha is None or on_white else channels + 1)
    levels: Levels = np.empty(shape, np.uint16) if bits == 16 else np.empty(shape, np.uint8)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        colors = image[rows, :, ::-1]
        if alpha is not None and on_white:
            opacity = alpha[rows, :, np.newaxis]
            colors = colors * opacity + (1 - opacity)
        levels[rows, :, :channels] = np.clip(colors * most + 0.5, 0, most)
        if alpha is not None and not on_white:
            levels[rows, :, channels] = np.clip(alpha[rows] * most + 0.5, 0, most)
    return levels
