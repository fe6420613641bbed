"""The training pairs: degraded tiles and the teacher's output for each, computed once and cached as uint8 arrays."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.deadleaves import dead_leaves
from training.degradation import degrade, random_degradation
from training.measures import enlarge
from training.photos import Image, training_photos

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Recipe:
    """The parameters of the pairs; the names of the cached files contain their hash."""

    seed: int = 1
    tiles: int = 3000
    side: int = 128  # of a tile, in input pixels
    leaves: int = 160  # number of dead-leaves pictures
    leaf_share: float = 0.4  # of the tiles that are cut from them
    version: int = 1

    def key(self) -> str:
        """A hash of all fields: twelve hexadecimal digits."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:12]


def recolour(image: Image, rng: np.random.Generator) -> Image:
    """Random gamma, gain, saturation and channel order; half of the grey pictures are tinted. (H, W, 3) in [0, 1]."""
    if rng.random() < 0.3:
        return image
    out = image ** np.float32(np.exp(rng.normal(0, 0.25)))
    if np.abs(image[:, :, 0] - image[:, :, 2]).max() < 0.02:
        if rng.random() < 0.5:
            dark, light = rng.uniform(0, 0.4, 3), rng.uniform(0.5, 1.0, 3)
            out = dark + out * (light - dark)
    else:
        grey = out.mean(2, keepdims=True)
        out = grey + (out - grey) * rng.uniform(0.4, 1.3)
        if rng.random() < 0.5:
            out = out[:, :, rng.permutation(3)]
    out = out * rng.uniform(0.7, 1.1, 3) ** (rng.random() < 0.5)
    return np.clip(out, 0, 1).astype(np.float32)


def tile(image: Image, side: int, rng: np.random.Generator) -> Image:
    """A random piece (side, side, 3) at a random scale: mostly reduced (sharp), sometimes enlarged (soft)."""
    height, width = image.shape[:2]
    reach = min(height, width) / side
    shrink = float(np.exp(rng.uniform(np.log(0.6), np.log(max(0.61, min(reach, 3.0))))))
    source = min(round(side * shrink), height, width)
    y, x = int(rng.integers(0, height - source + 1)), int(rng.integers(0, width - source + 1))
    piece = image[y : y + source, x : x + source]
    filters = [cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR] if shrink > 1 else [cv2.INTER_LINEAR, cv2.INTER_CUBIC]
    resized = cv2.resize(piece, (side, side), interpolation=filters[int(rng.integers(len(filters)))])
    return np.clip(resized, 0, 1).astype(np.float32)


def inputs(recipe: Recipe) -> Bytes:
    """The degraded tiles: (tiles, side, side, 3) uint8 RGB."""
    rng = np.random.default_rng(recipe.seed)
    photos = training_photos()
    weights = np.array([weight for _, _, weight in photos])
    leaves = [dead_leaves(rng) for _ in range(recipe.leaves)]
    out = np.empty((recipe.tiles, recipe.side, recipe.side, 3), np.uint8)
    for index in range(recipe.tiles):
        if rng.random() < recipe.leaf_share:
            source = leaves[int(rng.integers(len(leaves)))]
        else:
            source = photos[int(rng.choice(len(photos), p=weights / weights.sum()))][1]
        piece = recolour(tile(source, recipe.side, rng), rng)
        out[index] = (degrade(piece, random_degradation(rng), rng) * 255).round().astype(np.uint8)
    return out


def to_tensor(images: Bytes) -> Tensor:
    """(N, H, W, 3) uint8 → (N, 3, H, W) float32 in [0, 1], channels last in memory."""
    return torch.from_numpy(np.divide(images, np.float32(255), dtype=np.float32)).permute(0, 3, 1, 2)


def answers(teacher: nn.Module, images: Bytes, scale: int, batch: int = 4) -> Bytes:
    """The teacher's output, (N, scale·H, scale·W, 3) uint8, computed in bfloat16."""
    count, height, width = images.shape[:3]
    out = np.empty((count, height * scale, width * scale, 3), np.uint8)
    for start in range(0, count, batch):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            answer = enlarge(teacher, to_tensor(images[start : start + batch]))
        out[start : start + batch] = (answer.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    return out


@dataclass(frozen=True)
class Pairs:
    """``inputs`` (N, H, W, 3) and the teacher's ``answers`` (N, k·H, k·W, 3), uint8 RGB."""

    inputs: Bytes
    answers: Bytes


def pairs(recipe: Recipe, teacher: nn.Module, folder: Path) -> Pairs:
    """Inputs and the teacher's ×4 answers; read from ``folder`` if an earlier run of the same recipe saved them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{recipe.key()}-{part}.npy" for part in ("inputs", "answers")]
    if not all(file.exists() for file in files):
        images = inputs(recipe)
        for file, array in zip(files, (images, answers(teacher, images, 4)), strict=True):
            part = file.with_suffix(".part")
            with part.open("wb") as handle:
                np.save(handle, array)
            part.replace(file)
    return Pairs(np.load(files[0]), np.load(files[1]))
