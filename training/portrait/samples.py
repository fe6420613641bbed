"""Training samples: a portrait, varied and aligned; worn as a photo of some size; aligned again as the service does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from pipeline.geometry import FFHQ_512_TEMPLATE, Matrix, invert, scaled, similarity_transform, warp
from pipeline.models.restorers.portrait_network import SIDE, SMALLEST
from pipeline.types import CROP_SIZE, FloatArray
from training.measures import resized
from training.photos import Image
from training.portrait.portraits import Portrait
from training.portrait.wear import Wear, at_size, random_wear, worn

MARGIN = 24  # pixels of the aligned portrait around the face, so that a turned photo still fills the crop
WIDE = SIDE + 2 * MARGIN
LARGEST = 192.0  # pixels, native size
MIRRORED = [1, 0, 2, 4, 3]  # the landmarks of a mirrored face
LANDMARK_ERROR = 0.012  # of the face's side


@dataclass(frozen=True)
class Sample:
    """A worn crop, the sharp one, both (192, 192, 3) in [0, 1], and the native size of the worn face in px."""

    worn: Image
    sharp: Image
    native: float


def aligned(portrait: Portrait, rng: np.random.Generator | None = None) -> Image:
    """The portrait (240, 240, 3) in [0, 1], aligned, with a margin around the face.

    With `rng` it is varied: mirrored, recoloured, moved, stretched, bent; without, it is as the landmarks say.
    """
    image = portrait.picture.astype(np.float32) / np.float32(255)
    landmarks = portrait.landmarks
    if rng is not None:
        image = toned(image, rng)
        if rng.random() < 0.5:
            image = np.ascontiguousarray(image[:, ::-1])
            landmarks = (landmarks * (-1, 1) + (image.shape[1] - 1, 0))[MIRRORED].astype(np.float32)
    matrix = similarity_transform(landmarks, FFHQ_512_TEMPLATE)
    if matrix is None:
        raise ValueError(f"{portrait.name}: the landmarks fit no similarity transform")
    to_wide = scaled(matrix, SIDE / CROP_SIZE, SIDE / CROP_SIZE)
    to_wide[:, 2] += MARGIN
    columns, rows = np.meshgrid(np.arange(WIDE, dtype=np.float32), np.arange(WIDE, dtype=np.float32))
    grid = np.stack([columns, rows], axis=-1)
    if rng is not None:
        grid = bent(grid, rng)
    back = invert(to_wide)
    source = (grid @ back[:, :2].T + back[:, 2]).astype(np.float32)
    drawn = cv2.remap(image, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.clip(drawn, 0, 1).astype(np.float32)


def bent(grid: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Positions (240, 240, 2) moved a little: as if landmarks were misplaced and the face had another shape."""
    middle = np.float32((WIDE - 1) / 2)
    stretch = np.eye(2) + rng.normal(0, 0.03, (2, 2))
    moved = (grid - middle) @ stretch.T + middle + rng.normal(0, LANDMARK_ERROR * SIDE, 2)
    waves = cv2.resize(
        rng.normal(0, 0.008 * SIDE, (5, 5, 2)).astype(np.float32), (WIDE, WIDE), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(moved + waves, np.float32)


def photographed(wide: Image, native: float, wear: Wear, rng: np.random.Generator, turn: float = 0.0) -> Image:
    """The face in a worn photo in which it has this native size, as the restorer gets it: (192, 192, 3).

    `turn`: by how many radians the face is turned in the photo. `wear` is in pixels of the photo.
    """
    center = (WIDE - 1) / 2
    rotation: Matrix = np.asarray(cv2.getRotationMatrix2D((center, center), np.degrees(turn), 1.0))
    turned = cv2.warpAffine(wide, rotation, (WIDE, WIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    side = max(8, round(WIDE * native / SIDE))
    photo = worn(resized(turned if turn else wide, side, side), wear, rng)
    to_wide = scaled(np.array([[1.0, 0, 0], [0, 1.0, 0]]), WIDE / side, WIDE / side)
    to_crop = np.vstack([invert(rotation), [0, 0, 1]]) @ np.vstack([to_wide, [0, 0, 1]])
    to_crop[:2, 2] -= MARGIN
    crop = warp(photo, scaled(to_crop[:2], CROP_SIZE / SIDE, CROP_SIZE / SIDE), (CROP_SIZE, CROP_SIZE))
    return resized(crop, SIDE, SIDE)


def inner(wide: Image) -> Image:
    """The crop (192, 192, 3) of an aligned portrait (240, 240, 3)."""
    return np.ascontiguousarray(wide[MARGIN:-MARGIN, MARGIN:-MARGIN])


def toned(image: Image, rng: np.random.Generator) -> Image:
    """The picture (H, W, 3) in [0, 1] in another light: gamma, saturation and white balance vary."""
    out = image ** np.float32(np.exp(rng.normal(0, 0.2)))
    grey = out.mean(2, keepdims=True)
    out = (grey + (out - grey) * rng.uniform(0.5, 1.3)) * np.exp(rng.normal(0, 0.06, 3))
    return np.clip(out, 0, 1).astype(np.float32)


def faded(image: Image, rng: np.random.Generator) -> Image:
    """The picture with a fading print's tones or in low light; both crops get it, as tones are not to be restored."""
    draw = rng.random()
    if draw < 0.15:
        dark, light = rng.uniform(0, 0.3, 3), rng.uniform(0.6, 0.95, 3)
        return np.asarray(dark + image * (light - dark), np.float32)
    if draw < 0.3:
        return np.asarray((image * rng.uniform(0.4, 0.8)) ** rng.uniform(1.0, 1.4), np.float32)
    if draw < 0.5:  # grey, often tinted
        grey = image @ np.array([0.299, 0.587, 0.114], np.float32)
        return np.asarray(grey[:, :, None] * rng.uniform(0.8, 1.0, 3) ** (rng.random() < 0.5), np.float32)
    return image


def random_sample(portraits: Sequence[Portrait], rng: np.random.Generator) -> Sample:
    """A random portrait, varied, and the same as a worn photo of a random size."""
    wide = faded(aligned(portraits[int(rng.integers(len(portraits)))], rng), rng)
    native = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    turn = float(rng.normal(0, 0.12)) if rng.random() < 0.6 else 0.0
    wear = at_size(random_wear(rng), native)
    return Sample(photographed(wide, native, wear, rng, turn), inner(wide), native)


def batch(portraits: Sequence[Portrait], seed: int, step: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Worn and sharp crops (size, 3, 192, 192) in [0, 1], and native sizes (size,); the same for the same step."""
    samples = [random_sample(portraits, np.random.default_rng((seed, step, index))) for index in range(size)]
    pictures = [
        torch.from_numpy(np.stack([getattr(sample, part) for sample in samples])).permute(0, 3, 1, 2)
        for part in ("worn", "sharp")
    ]
    return pictures[0], pictures[1], torch.tensor([sample.native for sample in samples])
