"""Stored pixels → upright ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_TRANSPOSED = range(5, 9)
_ROWS_REVERSED, _COLUMNS_REVERSED = {3, 4, 7, 8}, {2, 3, 6, 7}  # after rows have become columns


def turned(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """A view of `pixels` (H, W, …) that is upright. `orientation` is 1 to 8; any other number counts as 1."""
    upright = np.swapaxes(pixels, 0, 1) if orientation in _TRANSPOSED else pixels
    rows = -1 if orientation in _ROWS_REVERSED else 1
    columns = -1 if orientation in _COLUMNS_REVERSED else 1
    return upright[::rows, ::columns]
