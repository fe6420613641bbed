"""Tiles of a large picture: where they lie, how they are faded into each other, and how their rows are collected.

Positions along an axis are in pixels of the picture before it is enlarged; weights are at the resolution after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np

from pipeline.types import FloatArray, Image

TILE_STEP = 16  # pixels; tile sizes are multiples of it
MIN_TILE = 64  # pixels; tiles that do not fit into memory are not made smaller than this, or than twice the overlap

Span: TypeAlias = tuple[int, int]  # (start, stop) along an axis, pixels


def tile_spans(length: int, tile: int, overlap: int) -> list[Span]:
    """The tiles along an axis of `length` pixels: as few as possible, of one size, at most `tile` pixels each.

    Equal tiles give the network few input shapes, and kernels are prepared once for each shape. Tiles are no larger
    than needed, so that one pixel over a tile's size does not cost a whole second tile.
    """
    if length <= tile:
        return [(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    fitted = -(-(length + (count - 1) * overlap) // count)
    tile = min(tile, -(-fitted // TILE_STEP) * TILE_STEP)
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [(start, start + tile) for start in starts]


def smaller_tile(tile: int, overlap: int) -> int | None:
    """The side in pixels to try after `tile`: half of it, or the smallest allowed; None where `tile` is smallest."""
    half = max(tile // 2 // TILE_STEP * TILE_STEP, MIN_TILE, 2 * overlap)
    return half if half < tile else None


def fade(spans: Sequence[Span], index: int, overlap: int, scale: int) -> FloatArray:
    """Weights (tile side · scale,) of tile `index` along one axis; the weights of all tiles add up to 1 everywhere.

    A tile's weight is its own ramp minus the next tile's, so that the sum telescopes to 1 however many tiles overlap
    at one place.
    """
    start, stop = spans[index]
    positions = np.arange(start * scale, stop * scale, dtype=np.float32) + 0.5
    rising = np.ones_like(positions) if index == 0 else _ramp(positions, spans[index - 1 : index + 1], overlap, scale)
    if index + 1 == len(spans):
        return rising
    return np.asarray(rising - _ramp(positions, spans[index : index + 2], overlap, scale), dtype=np.float32)


def _ramp(positions: FloatArray, neighbours: Sequence[Span], overlap: int, scale: int) -> FloatArray:
    """From 0 to 1 over a quarter of `overlap`, in the middle of what two neighbouring tiles share.

    The rest of the overlap is the halo: context for the network, whose own output is not used.
    """
    first, second = neighbours
    middle = (first[1] + second[0]) / 2 * scale
    width = max(overlap / 4 * scale, 1)
    return np.asarray(np.clip((positions - middle) / width + 0.5, 0.0, 1.0), dtype=np.float32)


class RowAverage:
    """Area-averages a large picture whose rows come from top to bottom, a few at a time.

    `source` and `target` are (width, height) in pixels; no side of the target is larger.
    """

    def __init__(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        self._columns, self._rows = target
        self._ratio = source[1] / target[1]  # source rows for each output row
        self._waiting = np.empty((0, target[0], 3), dtype=np.float32)
        self._first = 0  # source row that `_waiting` begins with
        self._done = 0  # output rows that are complete

    def add(self, rows: Image) -> Image:
        """Take the next rows (n, source width, 3); returns the target's next rows that are complete, maybe none."""
        if not len(rows):
            return self._waiting[:0]
        if rows.shape[1] != self._columns:
            size = self._columns, len(rows)
            rows = np.asarray(cv2.resize(rows, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        waiting = np.concatenate([self._waiting, rows]) if len(self._waiting) else rows
        last = self._first + len(waiting)
        stop = max(self._done, min(self._rows, int((last + 1e-6) / self._ratio)))
        averaged = self._averaged(waiting, stop) if stop > self._done else waiting[:0]
        self._done = stop
        keep = int(self._done * self._ratio)
        self._waiting, self._first = waiting[keep - self._first :], keep
        return averaged

    def _averaged(self, waiting: Image, stop: int) -> Image:
        """The target's rows from `_done` to `stop`."""
        if self._ratio == 1:
            return waiting[: stop - self._done]
        # Row j of the target is the mean of source rows j·ratio to (j + 1)·ratio, fractions included.
        begins = np.arange(self._done, stop)[:, None] * self._ratio
        source = np.arange(self._first, self._first + len(waiting))[None, :]
        shares = np.minimum(begins + self._ratio, source + 1) - np.maximum(begins, source)
        weights = (np.clip(shares, 0.0, None) / self._ratio).astype(np.float32)
        # Row by row, and not as a product of matrices: the sum of BLAS depends on how many threads it has.
        averaged = np.empty((len(weights), *waiting.shape[1:]), dtype=np.float32)
        for row, share in zip(averaged, weights, strict=True):
            used = np.flatnonzero(share)
            np.einsum("r,rck->ck", share[used], waiting[used[0] : used[-1] + 1], out=row)
        return averaged


class Canvas:
    """Collects the rows of a large picture from top to bottom, area-averaged to a smaller size and clipped to [0, 1].

    `source` and `target` are (width, height) in pixels. `output` (height, width, 3) is complete once all rows of the
    source were added.
    """

    def __init__(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        self.output = np.empty((target[1], target[0], 3), dtype=np.float32)
        self._average = RowAverage(source, target)
        self._done = 0  # output rows that are complete

    def add(self, rows: Image) -> None:
        """Add the next rows (n, source width, 3)."""
        averaged = self._average.add(rows)
        np.clip(averaged, 0.0, 1.0, out=self.output[self._done : self._done + len(averaged)])
        self._done += len(averaged)
