"""Blending: restored crops pasted back into the enlarged photo, with masks that fade out before the crop's border."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from pipeline.batches import Batches
from pipeline.errors import StageFailed
from pipeline.face_region import EDGE, ellipse_mask, inside_crop
from pipeline.geometry import Matrix, invert, resize, scaled, transform_points, warp
from pipeline.models.roles import Parser
from pipeline.run import Run
from pipeline.strips import strips
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image, PlannedFace

CORNERS: FloatArray = np.array([[0, 0], [0, CROP_SIZE], [CROP_SIZE, 0], [CROP_SIZE, CROP_SIZE]], dtype=np.float32)


def with_masks(faces: Sequence[PlannedFace], parser: Parser | None, run: Run) -> list[PlannedFace]:
    """The faces with the parser's `mask` (512, 512) in [0, 1] of the restored image; unchanged without a parser.

    Faces of strength 0 are not pasted, so they are not parsed. Raises `StageFailed` where the parser does not give one
    mask for each image, and `DeviceOutOfMemory`.
    """
    if parser is None:
        return list(faces)
    pasted = [face for face in faces if face.verdict.strength > 0]
    found: list[FloatArray] = []
    for parsed in Batches(parser.batch_size, run).apply(parser.parse, [face.restored for face in pasted]):
        found.extend(parsed_mask(mask) for mask in parsed)
        run.check()
    if len(found) != len(pasted):
        raise StageFailed(f"The face parser {parser.name} did not answer with one mask for each face.")
    masked = {face.index: replace(face, mask=mask) for face, mask in zip(pasted, found, strict=True)}
    return [masked.get(face.index, face) for face in faces]


def parsed_mask(parsed: FloatArray) -> FloatArray:
    """A parser's mask (512, 512) in [0, 1], blurred twice as facexlib does, and faded out along the crop's border.

    facexlib instead sets the border to 0 without a transition: hair that leaves the crop then ends in a straight line.
    Raises `StageFailed` for another shape or values that are not finite.
    """
    if parsed.shape != (CROP_SIZE, CROP_SIZE) or not np.isfinite(parsed).all():
        raise StageFailed("The face parser answered with something that is not a mask of a face crop.")
    mask = cv2.GaussianBlur(parsed, (101, 101), 11)
    mask = cv2.GaussianBlur(mask, (101, 101), 11)
    return np.asarray(mask * inside_crop(), dtype=np.float32)


def paste_back(background: Image, photo_size: tuple[int, int], faces: Sequence[PlannedFace], run: Run) -> Image:
    """`background` (H, W, 3), the enlarged photo, with every restored image pasted over it, as a new image.

    `photo_size` is (width, height) of the photo in whose pixels the crops' matrices are. The strength of a face's
    verdict, in [0, 1], scales its mask, so that 0 leaves the enlarged photo as it is. The run is checked between strips
    of the picture, because a face may fill it.
    """
    height, width = background.shape[:2]
    result = np.empty_like(background)
    for rows in strips(height, width):
        run.check()
        result[rows] = background[rows]
    for done, face in enumerate(faces, start=1):
        strength = face.verdict.strength
        if strength > 0:
            matrix = scaled(invert(face.crop.affine_matrix), width / photo_size[0], height / photo_size[1])
            mask = ellipse_mask() if face.mask is None else face.mask
            inside_photo = _inside_photo(face.crop, photo_size)
            weights = (mask if inside_photo is None else mask * inside_photo) * np.float32(strength)
            _paste(result, face.restored, weights, matrix, run)
        run.progress(done, len(faces))
    return result


def _paste(result: Image, image: Image, mask: FloatArray, matrix: Matrix, run: Run) -> None:
    """Blend one crop's `image` (512, 512, 3) into `result` (H, W, 3) in place, in the rectangle that it covers.

    `matrix` (2, 3) takes crop pixels to pixels of `result`; `mask` is (512, 512) in [0, 1].
    """
    height, width = result.shape[:2]
    moved = transform_points(CORNERS, matrix)
    left, top = np.maximum(np.floor(moved.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(moved.max(axis=0)).astype(int) + 1, (width, height))
    if right <= left or bottom <= top:
        return
    # A crop that shrinks is drawn larger and then area-averaged, because sampling its finest detail would alias.
    finer = max(1, math.ceil(1 / np.hypot(matrix[0, 0], matrix[1, 0])))
    for rows in strips(int(bottom - top), int(right - left)):
        run.check()
        region = result[top:bottom, left:right][rows]
        size = region.shape[1], region.shape[0]
        local = matrix.copy()
        local[:, 2] -= (left, top + rows.start)
        drawn = warp(image, scaled(local, finer, finer), (size[0] * finer, size[1] * finer), border=None)
        face = resize(drawn, size)
        alpha = warp(mask, local, size, border=0.0)[..., None]
        region += alpha * (face - region)


def _inside_photo(crop: Crop, photo_size: tuple[int, int]) -> FloatArray | None:
    """Weights (512, 512): 1 where the crop shows the photo, falling to 0 towards the photo's border; None for all 1.

    Outside the photo a crop shows plain grey, which must not be pasted.
    """
    to_photo = invert(crop.affine_matrix)
    limits = np.array(photo_size, dtype=np.float32) - 1
    corners = transform_points(CORNERS, to_photo)
    if (corners >= 0).all() and (corners <= limits).all():
        return None
    grid = np.mgrid[0:CROP_SIZE, 0:CROP_SIZE].astype(np.float32)
    positions = transform_points(np.stack([grid[1].ravel(), grid[0].ravel()], axis=1), to_photo)
    distance = np.minimum(positions, limits - positions).min(axis=1)  # photo pixels, negative outside
    ramp = np.clip(distance * (CROP_SIZE / crop.native_size) / EDGE, 0.0, 1.0)
    return np.asarray(ramp.reshape(CROP_SIZE, CROP_SIZE), dtype=np.float32)
