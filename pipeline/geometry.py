"""Similarity transforms between a photo and aligned faces, and the resampling that goes with them.

Pure functions: no model, no state. Coordinates have the centre of the top-left pixel at (0, 0), as OpenCV's.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.types import FloatArray, Image

Matrix = npt.NDArray[np.float64]

# The mean of the five landmarks over FFHQ, as the restorers were trained on (facexlib's 512 px template).
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

MAX_WARP_SIDE = 32_766  # pixels; OpenCV warps nothing larger, but of a panorama it needs to see only a part

# What lies outside the photo, RGB: the grey that GFPGAN saw there in training.
BORDER_COLOR = (132 / 255, 133 / 255, 135 / 255)


IDENTITY_MATRIX: Matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # read-only
IDENTITY_MATRIX.flags.writeable = False


def similarity_transform(source: FloatArray, target: FloatArray) -> Matrix | None:
    """The (2, 3) matrix of rotation, uniform scale and shift that takes `source` (N, 2) to `target` (N, 2).

    Robust to one bad point of five (least median of squares). None where the points allow no such matrix.
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
    """`matrix` with a target enlarged by the factors, pixel areas (not pixel centres) kept in place.

    A pixel centre x of the small picture is at factor·(x + ½) − ½ in the large one.
    """
    result = matrix.copy()
    for row, factor in enumerate((factor_x, factor_y)):
        result[row] *= factor
        result[row, 2] += (factor - 1) / 2
    return result


def transform_points(points: FloatArray, matrix: Matrix) -> FloatArray:
    """Points (N, 2) moved by an affine (2, 3) matrix."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def turned_back(points: FloatArray, quarters: int, right: float, bottom: float) -> FloatArray:
    """Points (…, 2) of a picture after 1 to 3 quarter turns to the left, where they lie in the picture before.

    `right` and `bottom` are the largest coordinates of the picture before it is turned.
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
    """`image` seen through an affine matrix (source → target pixels), linear interpolation.

    `size` is the target's (width, height). Outside the source stands `border`, or with None its edge pixels.
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
    """The part of `image` that a warp to `size` samples, and the matrix for it."""
    limits = np.array([image.shape[1], image.shape[0]])
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size], dtype=np.float32)
    seen = transform_points(corners, invert(matrix))
    start = np.clip(np.floor(seen.min(axis=0)) - 2, 0, limits - 1).astype(int)
    stop = np.clip(np.ceil(seen.max(axis=0)) + 3, start + 1, limits).astype(int)
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ start
    return image[start[1] : stop[1], start[0] : stop[0]], shifted


def resize(image: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """`image` (H, W) or (H, W, 3) resampled to (width, height), in [0, 1]; itself if it has that size.

    Averages areas on an axis that shrinks and uses Lanczos on one that grows; the axes are independent, so a
    picture may shrink one way and grow the other.
    """
    width, height = size
    for axis_size in ((width, image.shape[0]), (width, height)):
        rows, columns = image.shape[:2]
        if axis_size == (columns, rows):
            continue
        shrinks = axis_size[0] < columns or axis_size[1] < rows
        image = np.asarray(
            cv2.resize(image, axis_size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4),
            dtype=np.float32,
        )
        np.clip(image, 0.0, 1.0, out=image)  # Lanczos overshoots
    return image


def bounded_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """(width, height) scaled down, if need be, so that the longer side is `max_side`; no side under 1."""
    factor = min(1.0, max_side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def reflect_indices(start: int, stop: int, length: int) -> npt.NDArray[np.intp]:
    """Indices start … stop − 1 folded into [0, length) by reflection about the edge pixels.

    Works for any overhang, also for an axis of one pixel.
    """
    if length == 1:
        return np.zeros(stop - start, dtype=np.intp)
    period = 2 * (length - 1)
    folded = np.abs(np.arange(start, stop)) % period
    return np.where(folded < length, folded, period - folded).astype(np.intp)


def clip_image(image: Image) -> Image:
    """The image in [0, 1], C-contiguous."""
    return np.ascontiguousarray(np.clip(image, 0.0, 1.0), dtype=np.float32)
