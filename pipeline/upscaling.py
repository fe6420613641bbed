"""Upscaling: the whole photo enlarged, by a network in overlapping tiles or by plain resampling."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from pipeline.errors import StageFailed
from pipeline.geometry import reflect_indices, resize
from pipeline.run import Run
from pipeline.types import FloatArray, Image, Upscaler

TILE_STEP = 16  # pixels; tile sizes are multiples of it


def output_size(width: int, height: int, factor: float) -> tuple[int, int]:
    """(width, height) of a photo enlarged by `factor`, rounded, no side under 1."""
    return max(1, round(width * factor)), max(1, round(height * factor))


def upscale(image: Image, factor: float, upscaler: Upscaler | None, run: Run) -> Image:
    """`image` (H, W, 3) enlarged by `factor`: by the network and resampled to the exact size, or by Lanczos alone."""
    size = output_size(image.shape[1], image.shape[0], factor)
    if upscaler is None:
        return resize(image, size)
    if upscaler.scale < factor:
        return resize(upscale_tiled(image, upscaler, run), size)
    return upscale_tiled(image, upscaler, run, size)


def upscaler_for(factor: float, upscalers: Mapping[int, Upscaler]) -> Upscaler:
    """The upscaler of the next scale, or of the largest there is."""
    return upscalers[min((scale for scale in upscalers if scale >= factor), default=max(upscalers))]


def upscale_tiled(image: Image, upscaler: Upscaler, run: Run, size: tuple[int, int] | None = None) -> Image:
    """`image` (H, W, 3) → (H·scale, W·scale, 3) through `upscaler`, or area-averaged to the smaller `size`.

    `size` is (width, height). Tiles overlap by `upscaler.overlap` input pixels and are cross-faded in the middle
    of that, where both see enough around them; so no seam shows. The photo's border is continued by reflection.
    Beside the output only one row of tiles is held, however large the enlarged photo would be.
    """
    height, width = image.shape[:2]
    scale = upscaler.scale
    margin_y, margin_x = (min(upscaler.overlap // 2, side - 1) for side in (height, width))
    rows, columns = tile_spans(height + 2 * margin_y, upscaler), tile_spans(width + 2 * margin_x, upscaler)
    weights_x = [_fade(columns, column, upscaler.overlap, scale)[:, None] for column in range(len(columns))]
    canvas = Canvas((width * scale, height * scale), size or (width * scale, height * scale))
    carried = np.empty((0, width * scale, 3), dtype=np.float32)  # rows that the next tiles still add to
    for row, (top, bottom) in enumerate(rows):
        band = np.zeros(((bottom - top) * scale, width * scale, 3), dtype=np.float32)
        band[: len(carried)] = carried
        strip = image[reflect_indices(top - margin_y, bottom - margin_y, height)]
        weights_y = _fade(rows, row, upscaler.overlap, scale)[:, None, None]
        for column, (left, right) in enumerate(columns):
            tile = _enlarged(strip[:, reflect_indices(left - margin_x, right - margin_x, width)], upscaler)
            tile = tile * weights_y * weights_x[column]
            start, stop = (left - margin_x) * scale, (right - margin_x) * scale
            inside = slice(max(start, 0), min(stop, width * scale))
            band[:, inside] += tile[:, inside.start - start : inside.stop - start]
            run.progress(row * len(columns) + column + 1, len(rows) * len(columns))
        end = rows[row + 1][0] if row + 1 < len(rows) else bottom
        first, last = max(top, margin_y), min(end, margin_y + height)
        canvas.add(band[(first - top) * scale : max(first, last) * scale - top * scale])
        carried = band[(end - top) * scale :]
    return np.clip(canvas.output, 0.0, 1.0, out=canvas.output)


class Canvas:
    """Takes the rows of a large picture from top to bottom and keeps it, area-averaged, at a smaller size.

    `source` and `target` are (width, height). `output` (height, width, 3) is complete once all rows were added.
    """

    def __init__(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        self.output = np.empty((target[1], target[0], 3), dtype=np.float32)
        self._ratio = source[1] / target[1]  # source rows for one row of the output
        self._waiting = np.empty((0, target[0], 3), dtype=np.float32)
        self._first = 0  # source row that `_waiting` begins with
        self._done = 0  # rows of the output

    def add(self, rows: Image) -> None:
        """The next rows (n, source width, 3)."""
        columns = self.output.shape[1]
        if rows.shape[1] != columns and len(rows):
            rows = np.asarray(cv2.resize(rows, (columns, len(rows)), interpolation=cv2.INTER_AREA), dtype=np.float32)
        waiting = np.concatenate([self._waiting, rows]) if len(self._waiting) else rows
        last = self._first + len(waiting)
        stop = min(len(self.output), int((last + 1e-6) / self._ratio))
        if stop > self._done:
            self.output[self._done : stop] = self._averaged(waiting, stop)
            self._done = stop
        keep = int(self._done * self._ratio)
        self._waiting, self._first = waiting[keep - self._first :], keep

    def _averaged(self, waiting: Image, stop: int) -> Image:
        """The output's rows from `_done` to `stop`."""
        if self._ratio == 1:
            return waiting[: stop - self._done]
        # Row j of the output is the mean of source rows j·ratio to (j + 1)·ratio, fractions included.
        begins = np.arange(self._done, stop)[:, None] * self._ratio
        source = np.arange(self._first, self._first + len(waiting))[None, :]
        shares = np.minimum(begins + self._ratio, source + 1) - np.maximum(begins, source)
        weights = (np.clip(shares, 0.0, None) / self._ratio).astype(np.float32)
        return np.asarray(
            (weights @ waiting.reshape(len(waiting), -1)).reshape(-1, *waiting.shape[1:]), dtype=np.float32
        )


def tile_spans(length: int, upscaler: Upscaler) -> list[tuple[int, int]]:
    """(start, stop) of the tiles along an axis of `length` pixels: as few as reach, all of one size.

    Equal tiles keep the network's input shapes few, as kernels are prepared once for each; and no larger than
    needed, so that one pixel over a tile's size does not cost a whole further tile.
    """
    tile, overlap = upscaler.tile, upscaler.overlap
    if length <= tile:
        return [(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    fitted = -(-(length + (count - 1) * overlap) // count)
    tile = min(tile, -(-fitted // TILE_STEP) * TILE_STEP)
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [(start, start + tile) for start in starts]


def _enlarged(tile: Image, upscaler: Upscaler) -> Image:
    enlarged = upscaler.upscale(np.ascontiguousarray(tile))
    if enlarged.shape != (tile.shape[0] * upscaler.scale, tile.shape[1] * upscaler.scale, 3):
        raise StageFailed(f"The upscaler {upscaler.name} answered with a tile of the wrong shape.")
    if not np.isfinite(enlarged).all():
        raise StageFailed(f"The upscaler {upscaler.name} gave values that are not numbers.")
    return enlarged


def _fade(spans: list[tuple[int, int]], index: int, overlap: int, scale: int) -> FloatArray:
    """Weights of tile `index` along one axis, at output resolution; the weights of all tiles add up to 1.

    A tile's weight is its own ramp less the next tile's, so that the sum telescopes to 1 however many tiles lie
    over each other.
    """
    start, stop = spans[index]
    positions = np.arange(start * scale, stop * scale, dtype=np.float32) + 0.5
    rising = np.ones_like(positions) if index == 0 else _ramp(positions, spans[index - 1 : index + 1], overlap, scale)
    if index + 1 == len(spans):
        return rising
    return np.asarray(rising - _ramp(positions, spans[index : index + 2], overlap, scale), dtype=np.float32)


def _ramp(positions: FloatArray, neighbours: list[tuple[int, int]], overlap: int, scale: int) -> FloatArray:
    """From 0 to 1 over a quarter of `overlap`, in the middle of what two neighbouring tiles share.

    The rest is what either tile needs to see beyond the pixels that it gives.
    """
    first, second = neighbours
    middle = (first[1] + second[0]) / 2 * scale
    width = max(overlap / 4 * scale, 1)
    return np.asarray(np.clip((positions - middle) / width + 0.5, 0.0, 1.0), dtype=np.float32)
