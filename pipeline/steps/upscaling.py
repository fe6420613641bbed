"""Upscaling: the whole photo enlarged, by a network in overlapping tiles or by plain resampling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import cv2
import numpy as np

from pipeline.batches import MEMORY_LOW, Batches
from pipeline.errors import DeviceOutOfMemory, StageFailed
from pipeline.geometry import reflect_indices, resize
from pipeline.models.roles import Upscaler
from pipeline.run import Run
from pipeline.types import FloatArray, Image

TILE_STEP = 16  # pixels; tile sizes are multiples of it
MIN_TILE = 64  # pixels; tiles that do not fit into memory are not made smaller than this, or than twice the overlap

Span: TypeAlias = tuple[int, int]  # (start, stop) along an axis, pixels


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
    Beside the output only one row of tiles is held, however large the enlarged photo would be; the network gets the
    tiles of a row in batches. Where not even one tile fits into memory, the photo goes on in tiles of half the side,
    and the run notes `MEMORY_LOW`. Raises `DeviceOutOfMemory` where the smallest tiles do not fit either.
    """
    height, width = image.shape[:2]
    scale, overlap = upscaler.scale, upscaler.overlap
    margin_y, margin_x = (min(overlap // 2, side - 1) for side in (height, width))
    length_y, length_x = height + 2 * margin_y, width + 2 * margin_x
    rows, columns = (tile_spans(length, upscaler.tile, overlap) for length in (length_y, length_x))
    batches = Batches(upscaler.batch_size, run)
    canvas = Canvas((width * scale, height * scale), size or (width * scale, height * scale))
    carried = np.empty((0, width * scale, 3), dtype=np.float32)  # rows that the next tiles still add to
    row = 0
    while row < len(rows):
        top, bottom = rows[row]
        end = rows[row + 1][0] if row + 1 < len(rows) else bottom
        band = np.zeros(((bottom - top) * scale, width * scale, 3), dtype=np.float32)
        band[: len(carried)] = carried
        strip = image[reflect_indices(top - margin_y, bottom - margin_y, height)]
        weights_y = _fade(rows, row, overlap, scale)[:, None, None]
        try:
            for column, tile in enumerate(_row(strip, columns, margin_x, upscaler, batches)):
                weighted = tile * weights_y * _fade(columns, column, overlap, scale)[:, None]
                start, stop = ((side - margin_x) * scale for side in columns[column])
                inside = slice(max(start, 0), min(stop, width * scale))
                band[:, inside] += weighted[:, inside.start - start : inside.stop - start]
                del tile, weighted  # before the next batch is computed
                # Of the photo's rows, not of the tiles: these may become more.
                run.progress(top * len(columns) + (end - top) * (column + 1), length_y * len(columns))
        except DeviceOutOfMemory:
            tile_side = _smaller(max(bottom - top, columns[0][1]), overlap)
            if tile_side is None:
                raise
            run.note(MEMORY_LOW)
            run.check()
            # The row begins anew, where it began: the tiles above it have been faded out towards there.
            rows[row:] = [(top + start, top + stop) for start, stop in tile_spans(length_y - top, tile_side, overlap)]
            columns = tile_spans(length_x, tile_side, overlap)
            continue
        first, last = max(top, margin_y), min(end, margin_y + height)
        canvas.add(band[(first - top) * scale : max(first, last) * scale - top * scale])
        carried = band[(end - top) * scale :]
        row += 1
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


def tile_spans(length: int, tile: int, overlap: int) -> list[Span]:
    """The tiles along an axis of `length` pixels: as few of at most `tile` pixels as reach, all of one size.

    Equal tiles keep the network's input shapes few, as kernels are prepared once for each; and no larger than
    needed, so that one pixel over a tile's size does not cost a whole further tile.
    """
    if length <= tile:
        return [(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    fitted = -(-(length + (count - 1) * overlap) // count)
    tile = min(tile, -(-fitted // TILE_STEP) * TILE_STEP)
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [(start, start + tile) for start in starts]


def _row(strip: Image, columns: Sequence[Span], margin: int, upscaler: Upscaler, batches: Batches) -> Iterator[Image]:
    """The tiles of a row, enlarged. `strip` is the row without the `margin` that `columns` count at either end."""

    def enlarge(spans: Sequence[Span]) -> list[Image]:
        width = strip.shape[1]
        tiles = [
            np.ascontiguousarray(strip[:, reflect_indices(left - margin, right - margin, width)])
            for left, right in spans
        ]
        return _enlarged(tiles, upscaler)

    for tiles in batches.apply(enlarge, columns):
        while tiles:
            yield tiles.pop(0)


def _enlarged(tiles: Sequence[Image], upscaler: Upscaler) -> list[Image]:
    enlarged = upscaler.upscale(tiles)
    height, width = (side * upscaler.scale for side in tiles[0].shape[:2])
    if [tile.shape for tile in enlarged] != [(height, width, 3)] * len(tiles):
        raise StageFailed(f"The upscaler {upscaler.name} answered with a tile of the wrong shape.")
    if not all(np.isfinite(tile).all() for tile in enlarged):
        raise StageFailed(f"The upscaler {upscaler.name} gave values that are not numbers.")
    return enlarged


def _smaller(tile: int, overlap: int) -> int | None:
    """Half of `tile`, a multiple of `TILE_STEP`, or the smallest that there is; None if `tile` is no larger."""
    half = max(tile // 2 // TILE_STEP * TILE_STEP, MIN_TILE, 2 * overlap)
    return half if half < tile else None


def _fade(spans: list[Span], index: int, overlap: int, scale: int) -> FloatArray:
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


def _ramp(positions: FloatArray, neighbours: list[Span], overlap: int, scale: int) -> FloatArray:
    """From 0 to 1 over a quarter of `overlap`, in the middle of what two neighbouring tiles share.

    The rest is what either tile needs to see beyond the pixels that it gives.
    """
    first, second = neighbours
    middle = (first[1] + second[0]) / 2 * scale
    width = max(overlap / 4 * scale, 1)
    return np.asarray(np.clip((positions - middle) / width + 0.5, 0.0, 1.0), dtype=np.float32)
