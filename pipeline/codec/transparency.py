"""The colours under fully transparent pixels, which nobody sees but which resampling would mix into visible edges."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.types import FloatArray, Image

_ROWS_AT_ONCE = 256  # even, because two rows become one


def spread_colors(image: Image, alpha: FloatArray) -> None:
    """Give each pixel of `image` (H, W, 3) whose `alpha` (H, W) is 0 the colour of visible pixels near it, in place.

    Pull-push, after Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph" (1996): averages over ever larger areas,
    weighted by opacity, and from the largest area back to the pixel a gap is filled from the next larger area. A pixel
    of opacity 1/255, whose colour editors often leave undefined, so counts 1/255. Visible pixels keep their colour. A
    picture without hidden or without visible pixels stays as it is. Takes about 10 bytes a pixel meanwhile.
    """
    if alpha.min() > 0 or alpha.max() == 0:
        return
    levels = [_halved_photo(image, alpha)]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(_halved(levels[-1]))
    coarser = _colors(levels.pop())
    while levels:
        finer = _colors(levels.pop())
        height, width = finer.shape[:2]
        np.copyto(finer, _doubled(coarser)[:height, :width], where=finer[..., 3:] == 0)
        coarser = finer
    width = image.shape[1]
    for top in range(0, len(image), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        hidden = alpha[rows, :, np.newaxis] == 0
        if hidden.any():
            first = max(top // 2 - 1, 0)  # a row more on either side, between which to interpolate
            around = coarser[first : (top + _ROWS_AT_ONCE) // 2 + 1, :, :3]
            filling = _doubled(around)[top - 2 * first :][: len(hidden), :width]
            np.copyto(image[rows], np.clip(filling, 0, 1), where=hidden)


def _halved_photo(image: Image, alpha: FloatArray) -> FloatArray:
    """`image` (H, W, 3) times `alpha` (H, W), and `alpha`, at half the size: (⌈H / 2⌉, ⌈W / 2⌉, 4)."""
    height, width = alpha.shape
    halved = np.empty((-(-height // 2), -(-width // 2), 4), dtype=np.float32)
    for top in range(0, height, _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        opacity = alpha[rows, :, np.newaxis]
        halved[top // 2 : (top + _ROWS_AT_ONCE) // 2] = _halved(
            np.concatenate((image[rows] * opacity, opacity), axis=2)
        )
    return halved


def _halved(weighted: FloatArray) -> FloatArray:
    """The mean of each 2 × 2 values of (H, W, 4); beyond the border all is 0, which weighs nothing."""
    height, width = (side + side % 2 for side in weighted.shape[:2])
    below, right = height - weighted.shape[0], width - weighted.shape[1]
    even = (
        cv2.copyMakeBorder(weighted, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0) if below or right else weighted
    )
    return np.asarray(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA), dtype=np.float32)


def _doubled(colors: FloatArray) -> FloatArray:
    """(H, W, C) at twice the size, linearly interpolated."""
    size = 2 * colors.shape[1], 2 * colors.shape[0]
    return np.asarray(cv2.resize(colors, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _colors(weighted: FloatArray) -> FloatArray:
    """(H, W, 4), in place, with the colours no longer weighted by the opacity, where there is any."""
    np.divide(weighted[..., :3], weighted[..., 3:], out=weighted[..., :3], where=weighted[..., 3:] > 0)
    return weighted
