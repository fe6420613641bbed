"""Back-projection: an enlarged picture corrected so that, reduced again, it is the picture that it was made of.

Irani and Peleg, "Improving Resolution by Image Registration" (1991), with one picture and one iteration.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.run import Run
from pipeline.tiling import RowAverage
from pipeline.types import Image

ROWS_AT_ONCE = 256  # of the enlarged picture, so that no third picture of its size is in memory


def project_back(enlarged: Image, original: Image, run: Run) -> None:
    """Change `enlarged` (H, W, 3) so that its area means are nearly the pixels of `original` (h, w, 3).

    Both are RGB in [0, 1], and no side of `original` is the larger. Both are written in place, and `original` is
    useless afterwards: it holds the differences. These are spread by linear interpolation. Raises `Cancelled` and
    `DeadlineExceeded`.
    """
    height, width = original.shape[:2]
    average = RowAverage((enlarged.shape[1], enlarged.shape[0]), (width, height))
    done = 0
    for top in range(0, len(enlarged), ROWS_AT_ONCE):
        run.check()
        rows = average.add(enlarged[top : top + ROWS_AT_ONCE])
        original[done : done + len(rows)] -= rows
        done += len(rows)
    for top in range(0, len(enlarged), ROWS_AT_ONCE):
        run.check()
        band = enlarged[top : top + ROWS_AT_ONCE]
        band += _rows_of(original, enlarged.shape, top, top + len(band))
        np.clip(band, 0.0, 1.0, out=band)


def _rows_of(small: Image, shape: tuple[int, ...], start: int, stop: int) -> Image:
    """Rows `start` to `stop` of `small` (h, w, 3) enlarged to `shape` (H, W, 3) by linear interpolation."""
    places = np.clip((np.arange(start, stop) + 0.5) * len(small) / shape[0] - 0.5, 0, len(small) - 1)
    above = places.astype(np.intp)
    first, last = above[0], min(above[-1] + 2, len(small))
    columns = cv2.resize(small[first:last], (shape[1], last - first), interpolation=cv2.INTER_LINEAR)
    share = (places - above).astype(np.float32)[:, None, None]
    below = np.minimum(above + 1, last - 1)
    return np.asarray(columns[above - first] * (1 - share) + columns[below - first] * share, dtype=np.float32)
