"""Blending: restored crops pasted back into the enlarged photo, with a mask that shows no box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from pipeline.batches import Batches
from pipeline.errors import StageFailed
from pipeline.geometry import Matrix, invert, resize, scaled, transform_points, warp
from pipeline.models.roles import Parser
from pipeline.run import Run
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image

# The ellipse covers brow to chin and ear to ear of the FFHQ crop and leaves hair and neck to the background.
ELLIPSE_CENTER = (256.0, 288.0)
ELLIPSE_RADII = (160.0, 196.0)
FEATHER = 0.42  # part of the radius over which the mask falls from one to nothing
CORNERS: FloatArray = np.array([[0, 0], [0, CROP_SIZE], [CROP_SIZE, 0], [CROP_SIZE, CROP_SIZE]], dtype=np.float32)
EDGE = 10  # pixels along the crop's border that are never pasted


@lru_cache(maxsize=1)
def ellipse_mask() -> FloatArray:
    """A soft mask (512, 512) in [0, 1], read-only: one on the face, falling smoothly to zero inside the crop."""
    rows, columns = np.mgrid[0:CROP_SIZE, 0:CROP_SIZE].astype(np.float32)
    radius = np.hypot((columns - ELLIPSE_CENTER[0]) / ELLIPSE_RADII[0], (rows - ELLIPSE_CENTER[1]) / ELLIPSE_RADII[1])
    ramp = np.clip((1 + FEATHER / 2 - radius) / FEATHER, 0.0, 1.0)
    mask = ramp * ramp * (3 - 2 * ramp)  # smoothstep: no visible crease where the feather begins and ends
    result = np.asarray(mask * _inside(), dtype=np.float32)
    result.flags.writeable = False  # the same array serves every photo
    return result


def face_masks(
    restored: Sequence[Image], strengths: Sequence[float], parser: Parser | None, run: Run
) -> list[FloatArray]:
    """A mask (512, 512) in [0, 1] for each restored crop: where the parser sees face, without a parser the ellipse.

    Crops of strength 0 are not pasted and so not looked at; the ellipse stands in their place. Raises `StageFailed`
    where the parser gives anything but a mask for each crop, and `DeviceOutOfMemory`.
    """
    masks = [ellipse_mask()] * len(restored)
    if parser is None:
        return masks
    pasted = [index for index, strength in enumerate(strengths) if strength > 0]
    found: list[FloatArray] = []
    for parsed in Batches(parser.batch_size, run).apply(parser.parse, [restored[index] for index in pasted]):
        found.extend(parsed_mask(mask) for mask in parsed)
        run.check()
    if len(found) != len(pasted):
        raise StageFailed(f"The face parser {parser.name} did not answer with one mask for each face.")
    for index, mask in zip(pasted, found, strict=True):
        masks[index] = mask
    return masks


def parsed_mask(parsed: FloatArray) -> FloatArray:
    """A parser's mask (512, 512), blurred twice as facexlib does, and fading out along the crop's border.

    facexlib clears the border at one stroke: hair that runs out of the crop then ends in a straight line.
    """
    if parsed.shape != (CROP_SIZE, CROP_SIZE) or not np.isfinite(parsed).all():
        raise StageFailed("The face parser answered with something that is not a mask of a face crop.")
    mask = cv2.GaussianBlur(parsed, (101, 101), 11)
    mask = cv2.GaussianBlur(mask, (101, 101), 11)
    return np.asarray(mask * _inside(), dtype=np.float32)


def paste_back(
    background: Image,
    photo_size: tuple[int, int],
    crops: Sequence[Crop],
    restored: Sequence[Image],
    masks: Sequence[FloatArray],
    strengths: Sequence[float],
    run: Run,
) -> Image:
    """`background` (the enlarged photo) with every restored crop over it, as a new image.

    `photo_size` is (width, height) of the photo that the crops' matrices speak of. `masks` are (512, 512) in
    [0, 1]; a face's strength in [0, 1] scales its mask, so that 0 leaves the enlarged photo as it is.
    """
    height, width = background.shape[:2]
    result = background.copy()
    for done, (crop, image, mask, strength) in enumerate(zip(crops, restored, masks, strengths, strict=True), 1):
        if strength > 0:
            matrix = scaled(invert(crop.affine_matrix), width / photo_size[0], height / photo_size[1])
            seen = _seen(crop, photo_size)
            weights = (mask if seen is None else mask * seen) * np.float32(strength)
            _paste(result, image, weights, matrix)
        run.progress(done, len(crops))
    return result


def _paste(result: Image, image: Image, mask: FloatArray, matrix: Matrix) -> None:
    """Blend one crop into `result` in place, touching only the rectangle that the crop covers."""
    height, width = result.shape[:2]
    moved = transform_points(CORNERS, matrix)
    left, top = np.maximum(np.floor(moved.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(moved.max(axis=0)).astype(int) + 1, (width, height))
    if right <= left or bottom <= top:
        return
    local = matrix.copy()
    local[:, 2] -= (left, top)
    size = (int(right - left), int(bottom - top))
    # A crop that shrinks is drawn larger and averaged, or its finest detail turns into noise.
    finer = max(1, math.ceil(1 / np.hypot(matrix[0, 0], matrix[1, 0])))
    drawn = warp(image, scaled(local, finer, finer), (size[0] * finer, size[1] * finer), border=None)
    face = resize(drawn, size)
    alpha = warp(mask, local, size, border=0.0)[..., None]
    region = result[top:bottom, left:right]
    region += alpha * (face - region)


def _inside() -> FloatArray:
    """One inside the crop, falling to zero along its border."""
    distance = np.minimum(np.arange(CROP_SIZE), np.arange(CROP_SIZE)[::-1]).astype(np.float32)
    ramp = np.clip((distance - EDGE) / (2 * EDGE), 0.0, 1.0)
    return np.minimum(ramp[:, None], ramp[None, :]).astype(np.float32)


def _seen(crop: Crop, photo_size: tuple[int, int]) -> FloatArray | None:
    """One where the crop shows the photo, falling to zero towards the photo's border; None if it all lies inside.

    The grey that stands outside the photo must not bleed into the picture.
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
