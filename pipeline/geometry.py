"""Similarity transforms between a photo and its aligned faces, and resampling.

Pure functions: no model, no state. Coordinates have the centre of the top-left pixel at (0, 0), as OpenCV's.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.strips import Check, strips, unchecked
from pipeline.types import FloatArray, Image

Matrix = npt.NDArray[np.float64]

# The mean of the five landmarks over FFHQ, with which the restorers were trained (facexlib's 512 px template), (5, 2).
FFHQ_512_TEMPLATE: FloatArray = np.array(
    [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
    ],
    dtype=np.float32,
)

# Pixels around a piece that is resampled by itself. OpenCV gives the lines beside a pixel weights of about 1e-17 even
# along the other axis, so that without them a black pixel would be 1e-34. A multiple of 16, as `strips.STEP` is.
HALO = 16

MAX_WARP_SIDE = 32_766  # pixels; OpenCV warps no larger image, so a panorama is cut to the part that is needed

# RGB in [0, 1] of crop pixels outside the photo: the grey that GFPGAN was trained with.
BORDER_COLOR = (132 / 255, 133 / 255, 135 / 255)

IDENTITY_MATRIX: Matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # read-only
IDENTITY_MATRIX.flags.writeable = False


def similarity_transform(source: FloatArray, target: FloatArray) -> Matrix | None:
    """The (2, 3) matrix of rotation, uniform scale and shift that takes `source` (N, 2) to `target` (N, 2).

    Robust to one bad point in five (least median of squares). None where no such matrix fits the points.
    """
    matrix, _ = cv2.estimateAffinePartial2D(source, target, method=cv2.LMEDS)
    if matrix is None or not np.isfinite(matrix).all():
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    return np.asarray(matrix, dtype=np.float64) if scale > 1e-6 else None


def invert(matrix: Matrix) -> Matrix:
    """The (2, 3) inverse of a (2, 3) affine matrix."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def scaled(matrix: Matrix, factor_x: float, factor_y: float) -> Matrix:
    """`matrix` (2, 3) for a target that is enlarged by the factors.

    Pixel areas, not pixel centres, keep their place: a centre at x in the small picture is at factor·(x + ½) − ½ in the
    large one.
    """
    result = matrix.copy()
    for row, factor in enumerate((factor_x, factor_y)):
        result[row] *= factor
        result[row, 2] += (factor - 1) / 2
    return result


def transform_points(points: FloatArray, matrix: Matrix) -> FloatArray:
    """Points (N, 2) mapped by an affine (2, 3) matrix, float32."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def turned_back(points: FloatArray, quarters: int, right: float, bottom: float) -> FloatArray:
    """Points (…, 2) of a picture that was turned left by 1 to 3 quarters, mapped to the picture before the turn.

    `right` and `bottom` are the largest coordinates, in pixels, of the picture before the turn.
    """
    x, y = points[..., 0], points[..., 1]
    columns, rows = {1: (right - y, x), 2: (right - x, bottom - y), 3: (y, bottom - x)}[quarters]
    return np.stack([columns, rows], axis=-1).astype(np.float32)


def warp(
    image: npt.NDArray[np.float32],
    matrix: Matrix,
    size: tuple[int, int],
    *,
    border: tuple[float, float, float] | float | None = BORDER_COLOR,
) -> npt.NDArray[np.float32]:
    """`image` (H, W) or (H, W, 3) warped by an affine (2, 3) matrix (source → target pixels), linear interpolation.

    `size` is the target's (width, height) in pixels; the result has that size and the image's channels. Pixels outside
    the source get the value `border`, or with None the nearest edge pixel.
    """
    if max(image.shape[:2]) > MAX_WARP_SIDE:
        image, matrix = _part_seen(image, matrix, size)
    return np.asarray(
        cv2.warpAffine(
            image,
            matrix,
            size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT,
            borderValue=0.0 if border is None else border,
        ),
        dtype=np.float32,
    )


def _part_seen(
    image: npt.NDArray[np.float32], matrix: Matrix, size: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], Matrix]:
    """The part of `image` (H, W) or (H, W, 3) that a warp to `size` (width, height) samples, and its (2, 3) matrix."""
    limits = np.array([image.shape[1], image.shape[0]])
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], dtype=np.float32)
    seen = transform_points(corners, invert(matrix))
    start = np.clip(np.floor(seen.min(axis=0)) - 2, 0, limits - 1).astype(int)
    stop = np.clip(np.ceil(seen.max(axis=0)) + 3, start + 1, limits).astype(int)
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ start
    return image[start[1] : stop[1], start[0] : stop[0]], shifted


def resize(
    image: npt.NDArray[np.float32],
    size: tuple[int, int],
    *,
    enlarging: int = cv2.INTER_LANCZOS4,
    check: Check = unchecked,
) -> npt.NDArray[np.float32]:
    """`image` (H, W) or (H, W, 3) resampled to `size` (width, height), in [0, 1]; the same array if it has that size.

    An axis that shrinks is area-averaged, an axis that grows uses `enlarging`, one of OpenCV's interpolations; each
    axis is treated separately. `check` is called between the pieces of a large picture and may raise.
    """
    width, height = size
    if width != image.shape[1]:
        image = _resampled(image, (image.shape[0], width), 1, enlarging, check)
    if height != image.shape[0]:
        image = _resampled(image, (height, width), 0, enlarging, check)
    return image


def _resampled(
    image: npt.NDArray[np.float32], shape: tuple[int, int], axis: int, enlarging: int, check: Check
) -> npt.NDArray[np.float32]:
    """`image` with another length along one axis, which makes its shape (rows, columns, …), in pieces across it."""
    interpolation = cv2.INTER_AREA if shape[axis] < image.shape[axis] else enlarging
    across = shape[1 - axis]
    result = np.empty((*shape, *image.shape[2:]), dtype=np.float32)
    for piece in strips(across, max(shape[axis], image.shape[axis])):
        check()
        seen = slice(max(0, piece.start - HALO), min(across, piece.stop + HALO))
        own = slice(piece.start - seen.start, piece.stop - seen.start)
        size = (shape[1], seen.stop - seen.start) if axis == 1 else (seen.stop - seen.start, shape[0])
        part = cv2.resize(image[_across(seen, axis)], size, interpolation=interpolation)
        # Lanczos and cubic interpolation overshoot.
        np.clip(part[_across(own, axis)], 0.0, 1.0, out=result[_across(piece, axis)])
    return result


def _across(piece: slice, axis: int) -> tuple[slice, slice]:
    """The index of a piece that has the whole `axis`, 0 or 1."""
    return (piece, slice(None)) if axis == 1 else (slice(None), piece)


def bounded_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """(width, height) in pixels, scaled down where the longer side exceeds `max_side`; no side under 1."""
    factor = min(1.0, max_side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def reflect_indices(start: int, stop: int, length: int) -> npt.NDArray[np.intp]:
    """Indices start … stop − 1 folded into [0, length) by reflection about the edge pixels.

    They may lie outside by any distance, and the axis may have a single pixel.
    """
    if length == 1:
        return np.zeros(stop - start, dtype=np.intp)
    period = 2 * (length - 1)
    folded = np.abs(np.arange(start, stop)) % period
    return np.where(folded < length, folded, period - folded).astype(np.intp)


def clip_image(image: Image) -> Image:
    """A copy of `image` (H, W, 3), clipped to [0, 1], float32, C-contiguous."""
    return np.ascontiguousarray(np.clip(image, 0.0, 1.0), dtype=np.float32)
