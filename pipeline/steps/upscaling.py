"""Upscaling: the whole photo enlarged, by a network in overlapping tiles or by plain resampling."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from pipeline.back_projection import project_back
from pipeline.batches import MEMORY_LOW, Batches
from pipeline.errors import DeviceOutOfMemory, StageFailed
from pipeline.geometry import reflect_indices, resize
from pipeline.models.roles import Upscaler
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.models.upscalers.self_ensemble import POSITIONS, SelfEnsemble
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.tiling import Canvas, Span, fade, smaller_tile, tile_spans
from pipeline.types import FloatArray, Image


def output_size(width: int, height: int, options: EnhanceOptions) -> tuple[int, int]:
    """(width, height) in pixels of the result for an upright photo of `width` × `height` pixels.

    A side that `options` name has exactly that many pixels; all others are rounded, and none is under 1.
    """
    long_side = options.long_side
    wanted_width = options.width or (long_side if width >= height else None)
    wanted_height = options.height or (long_side if width < height else None)
    if wanted_width is not None:
        return wanted_width, max(1, round(height * wanted_width / width))
    if wanted_height is not None:
        return max(1, round(width * wanted_height / height)), wanted_height
    factor = options.upscale_factor
    return max(1, round(width * factor)), max(1, round(height * factor))


def enlargement(photo_size: tuple[int, int], size: tuple[int, int]) -> float:
    """How many times as long as the photo's the result's sides are, both (width, height); the larger of two factors."""
    return max(size[0] / photo_size[0], size[1] / photo_size[1])


def upscale(image: Image, size: tuple[int, int], passes: Sequence[Upscaler], run: Run) -> Image:
    """`image` (H, W, 3) at the new `size` (width, height): through the network of each pass, one or two, or resampled.

    Raises `StageFailed` where a network gives another shape or values that are not finite, and `DeviceOutOfMemory`.
    """
    if not passes:
        return resize(image, size, check=run.check)
    first, *second = passes
    result = _in_two_passes(image, size, first, second[0], run) if second else _in_one_pass(image, size, first, run)
    return resize(result, size, check=run.check)


def _in_one_pass(image: Image, size: tuple[int, int], upscaler: Upscaler, run: Run) -> Image:
    """`image` through the network, area-averaged to `size`; each side as large as the network makes it at most."""
    result = upscale_tiled(image, upscaler, run, _reached(image.shape, upscaler.scale, size))
    return_freed_memory()  # freed blocks of this network's sizes do not fit the next network's, which would add to them
    return result


def _in_two_passes(image: Image, size: tuple[int, int], first: Upscaler, second: Upscaler, run: Run) -> Image:
    """`image` at `size`, or as near as two passes come.

    The second pass works at the size that it brings to `size`, so it takes the same time for the same result,
    whatever the photo's size. It adds fine detail only: what it makes of the rest is taken back. Networks take their
    own lines for detail of a photo, so that after two passes skin is flat and hair is painted in strokes. Measured
    with five photos reduced by 8: 26.6 dB after one pass and Lanczos, 23.9 after two, 25.9 with back-projection, where
    edges are twice as sharp as after one (mean absolute Laplacian).
    """
    height, width = image.shape[:2]
    middle = _between_passes((width, height), size, first, second)
    share = width * height / (width * height + middle[0] * middle[1])
    with run.part(0.0, share):
        enlarged = _in_one_pass(image, size, first, run)
    with run.part(share, 1.0):
        result = _in_one_pass(resize(enlarged, middle, check=run.check), size, second, run)
    project_back(result, enlarged, run)
    return result


def pixels_of_passes(size: tuple[int, int], new_size: tuple[int, int], passes: Sequence[Upscaler]) -> list[int]:
    """The input pixels of all tiles of each pass from `size` to `new_size`, both (width, height)."""
    sizes = [size, _between_passes(size, new_size, *passes)] if len(passes) == 2 else [size]
    return [_tiled_pixels(each, upscaler) for each, upscaler in zip(sizes, passes, strict=False)]


def _tiled_pixels(size: tuple[int, int], upscaler: Upscaler) -> int:
    """The pixels of the tiles that `upscale_tiled` makes of a picture of `size`, in each position that it looks at."""
    tile, overlap = upscaler.tile, upscaler.overlap
    spans = (tile_spans(side + 2 * min(overlap // 2, side - 1), tile, overlap) for side in size)
    pixels = math.prod(sum(stop - start for start, stop in each) for each in spans)
    return pixels * (len(POSITIONS) if isinstance(upscaler, SelfEnsemble) else 1)


def _between_passes(
    size: tuple[int, int], new_size: tuple[int, int], first: Upscaler, second: Upscaler
) -> tuple[int, int]:
    """The size (width, height) that the second pass works at."""
    return _reached(size[::-1], first.scale, (-(-new_size[0] // second.scale), -(-new_size[1] // second.scale)))


def _reached(shape: tuple[int, ...], scale: int, size: tuple[int, int]) -> tuple[int, int]:
    """`size` (width, height), but each side at most `scale` times as large as that of a picture of this `shape`."""
    return min(size[0], shape[1] * scale), min(size[1], shape[0] * scale)


def upscale_alpha(alpha: FloatArray | None, size: tuple[int, int], run: Run) -> FloatArray | None:
    """`alpha` (H, W) in [0, 1] at the new `size` (width, height), enlarged by cubic interpolation; None for None.

    Lanczos would leave a ring of up to 15/255 around what is opaque: it oscillates, where cubic interpolation only
    overshoots once, below 0.
    """
    return None if alpha is None else resize(alpha, size, enlarging=cv2.INTER_CUBIC, check=run.check)


def upscale_tiled(image: Image, upscaler: Upscaler, run: Run, size: tuple[int, int] | None = None) -> Image:
    """`image` (H, W, 3) → (H·scale, W·scale, 3) through `upscaler`, or area-averaged to the smaller `size`.

    `size` is (width, height). Tiles overlap by `upscaler.overlap` input pixels and are cross-faded in the middle of the
    overlap, where both have enough context, so that no seam shows. The photo's border is continued by reflection.
    Beside the output only one row of tiles is held, however large the enlarged photo is; the network gets the tiles
    of a row in batches. Where not even one tile fits into memory, the photo goes on in tiles of half the side, and the
    run notes `MEMORY_LOW`.

    Raises `DeviceOutOfMemory` where the smallest tiles do not fit either, and `StageFailed` as `upscale` does.
    """
    height, width = image.shape[:2]
    scale, overlap = upscaler.scale, upscaler.overlap
    margin_y, margin_x = (min(overlap // 2, side - 1) for side in (height, width))
    length_y, length_x = height + 2 * margin_y, width + 2 * margin_x
    rows, columns = (tile_spans(length, upscaler.tile, overlap) for length in (length_y, length_x))
    batches = Batches(upscaler.batch_size, run)
    canvas = Canvas((width * scale, height * scale), size or (width * scale, height * scale))
    carried = np.empty((0, width * scale, 3), dtype=np.float32)  # rows that the next row of tiles still adds to
    row = 0
    while row < len(rows):
        top, bottom = rows[row]
        end = rows[row + 1][0] if row + 1 < len(rows) else bottom
        band = np.zeros(((bottom - top) * scale, width * scale, 3), dtype=np.float32)
        band[: len(carried)] = carried
        strip = image[reflect_indices(top - margin_y, bottom - margin_y, height)]
        weights_y = fade(rows, row, overlap, scale)[:, None, None]
        try:
            for column, tile in enumerate(_enlarged_row(strip, columns, margin_x, upscaler, batches)):
                weighted = tile * weights_y * fade(columns, column, overlap, scale)[:, None]
                start, stop = ((side - margin_x) * scale for side in columns[column])
                inside = slice(max(start, 0), min(stop, width * scale))
                band[:, inside] += weighted[:, inside.start - start : inside.stop - start]
                del tile, weighted  # before the next batch is computed
                # Progress counts the photo's rows, not its tiles: the number of tiles may grow.
                run.progress(top * len(columns) + (end - top) * (column + 1), length_y * len(columns))
        except DeviceOutOfMemory:
            tile_side = smaller_tile(max(bottom - top, columns[0][1]), overlap)
            if tile_side is None:
                raise
            run.note(MEMORY_LOW)
            # This row begins again at the same place, because the tiles above it already fade out towards it.
            rows[row:] = [(top + start, top + stop) for start, stop in tile_spans(length_y - top, tile_side, overlap)]
            columns = tile_spans(length_x, tile_side, overlap)
        else:
            first, last = max(top, margin_y), min(end, margin_y + height)
            canvas.add(band[(first - top) * scale : max(first, last) * scale - top * scale])
            carried = band[(end - top) * scale :]
            row += 1
            continue
        run.check()  # after the except block, which holds what did not fit into memory
    return canvas.output


def _enlarged_row(
    strip: Image, columns: Sequence[Span], margin: int, upscaler: Upscaler, batches: Batches
) -> Iterator[Image]:
    """The tiles of one row, enlarged, from left to right: (h·scale, w·scale, 3) each.

    `strip` (h, W, 3) is the row without the `margin` pixels that `columns` include at either end.
    """

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
    """The network's answer for tiles of one shape, checked."""
    enlarged = upscaler.upscale(tiles)
    height, width = (side * upscaler.scale for side in tiles[0].shape[:2])
    if [tile.shape for tile in enlarged] != [(height, width, 3)] * len(tiles):
        raise StageFailed(f"The upscaler {upscaler.name} answered with a tile of the wrong shape.")
    if not all(np.isfinite(tile).all() for tile in enlarged):
        raise StageFailed(f"The upscaler {upscaler.name} gave values that are not numbers.")
    return enlarged
