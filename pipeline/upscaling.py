"""Upscaling: the whole photo enlarged, by a network in overlapping tiles or by plain resampling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pipeline.errors import StageFailed
from pipeline.geometry import reflect_indices, resize
from pipeline.run import Run
from pipeline.types import Background, FloatArray, Image, Upscaler

Positions = npt.NDArray[np.float64]


def output_size(width: int, height: int, factor: float) -> tuple[int, int]:
    """(width, height) of a photo enlarged by `factor`, rounded, no side under 1."""
    return max(1, round(width * factor)), max(1, round(height * factor))


def upscale(image: Image, factor: float, background: Background, upscalers: Mapping[int, Upscaler], run: Run) -> Image:
    """`image` (H, W, 3) enlarged by `factor`.

    `upscale` takes the network of the next scale (the largest there is, if none reaches) and resamples its
    output to the exact size; `resample` is Lanczos alone.
    """
    size = output_size(image.shape[1], image.shape[0], factor)
    if background == "resample":
        return resize(image, size)
    scale = min((s for s in upscalers if s >= factor), default=max(upscalers))
    return resize(upscale_tiled(image, upscalers[scale], run), size)


def upscale_tiled(image: Image, upscaler: Upscaler, run: Run) -> Image:
    """`image` (H, W, 3) → (H·scale, W·scale, 3) through `upscaler`, tile by tile.

    Tiles overlap by `upscaler.overlap` input pixels and are cross-faded there, so that no seam shows where
    two tiles disagree; the photo's border is continued by reflection, so that it is no seam either.
    """
    height, width = image.shape[:2]
    scale, margin = upscaler.scale, upscaler.overlap // 2
    rows, columns = tile_spans(height, upscaler), tile_spans(width, upscaler)
    output = np.zeros((height * scale, width * scale, 3), dtype=np.float32)
    total = len(rows) * len(columns)
    for number, (row, column) in enumerate(((r, c) for r in range(len(rows)) for c in range(len(columns))), 1):
        (top, bottom), (left, right) = rows[row], columns[column]
        padded = image[reflect_indices(top - margin, bottom + margin, height)][
            :, reflect_indices(left - margin, right + margin, width)
        ]
        enlarged = upscaler.upscale(np.ascontiguousarray(padded))
        if enlarged.shape != (padded.shape[0] * scale, padded.shape[1] * scale, 3) or not np.isfinite(enlarged).all():
            raise StageFailed(f"The upscaler {upscaler.name} answered with something that is not an enlarged tile.")
        inner = enlarged[margin * scale : -margin * scale or None, margin * scale : -margin * scale or None]
        weight_rows, weight_columns = (
            _fade(rows, row, upscaler.overlap, scale),
            _fade(columns, column, upscaler.overlap, scale),
        )
        output[top * scale : bottom * scale, left * scale : right * scale] += (
            inner * weight_rows[:, None, None] * weight_columns[None, :, None]
        )
        run.progress(number, total)
    return np.clip(output, 0.0, 1.0, out=output)


def tile_spans(length: int, upscaler: Upscaler) -> list[tuple[int, int]]:
    """(start, stop) of the tiles along an axis of `length` pixels, the same size all, evenly overlapping.

    Equal tiles keep the network's input shapes few: kernels are prepared once for each shape.
    """
    tile, overlap = upscaler.tile, upscaler.overlap
    if length <= tile:
        return [(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [(start, start + tile) for start in starts]


def _fade(spans: list[tuple[int, int]], index: int, overlap: int, scale: int) -> FloatArray:
    """Weights of tile `index` along one axis, at output resolution; the weights of all tiles add up to 1.

    A ramp of `overlap` input pixels lies in the middle of what two neighbours share. A tile's weight is its own
    ramp less the next tile's, so that the sum telescopes to 1 however many tiles lie over each other.
    """
    start, stop = spans[index]
    positions = np.arange(start * scale, stop * scale, dtype=np.float32) + 0.5
    ramps = [
        np.ones_like(positions) if index == 0 else _ramp(positions, spans[index - 1], spans[index], overlap, scale)
    ]
    if index + 1 < len(spans):
        ramps.append(_ramp(positions, spans[index], spans[index + 1], overlap, scale))
    return np.asarray(ramps[0] - ramps[1] if len(ramps) > 1 else ramps[0], dtype=np.float32)


def _ramp(
    positions: FloatArray, first: tuple[int, int], second: tuple[int, int], overlap: int, scale: int
) -> FloatArray:
    """From 0 to 1 across the middle of what the tiles `first` and `second` share."""
    middle = (first[1] + second[0]) / 2 * scale
    return np.clip((positions - middle) / max(overlap * scale, 1) + 0.5, 0.0, 1.0).astype(np.float32)
