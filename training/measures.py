"""Running a network on one picture, and comparing pictures."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.photos import Image

# Pixels of reflection padding on each side, as in the service, so that border effects do not enter the figures.
MARGIN = 16


def enlarge(network: nn.Module, batch: Tensor) -> Tensor:
    """A compact network's output: (N, 3, H, W) → (N, 3, k·H, k·W) float32. The size of its head determines k.

    Autocast applies only to the difference to the nearest-upsampled input: a sum in bfloat16 would keep only 8 bits.
    """
    hidden = batch
    for layer in network.body:  # type: ignore[union-attr]
        hidden = layer(hidden)
    scale = round((hidden.shape[1] / 3) ** 0.5)
    difference = functional.pixel_shuffle(hidden, scale).float()
    return difference + functional.interpolate(batch.float(), scale_factor=scale, mode="nearest")


def upscaled(network: nn.Module, image: Image, half: bool = False) -> Image:
    """(H, W, 3) → (k·H, k·W, 3), both in [0, 1], in float32 or, with ``half``, under bfloat16 autocast."""
    batch = torch.from_numpy(image).permute(2, 0, 1)[None]
    padded = functional.pad(batch, (MARGIN,) * 4, mode="reflect").contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        output = enlarge(network, padded)
    edge = MARGIN * (output.shape[2] // padded.shape[2])
    inner = output[0, :, edge:-edge, edge:-edge].clamp(0, 1).permute(1, 2, 0)
    return np.ascontiguousarray(inner.numpy())


def resized(image: Image, height: int, width: int, enlarging: int = cv2.INTER_CUBIC) -> Image:
    """(H, W, 3) → (height, width, 3): area average if it shrinks, else cubic (or ``enlarging``); clipped to [0, 1]."""
    shrinks = height < image.shape[0] or width < image.shape[1]
    out = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else enlarging)
    return np.clip(out, 0, 1).astype(np.float32)


def halved(image: Image) -> Image:
    """2×2 area average; height and width must be even."""
    return resized(image, image.shape[0] // 2, image.shape[1] // 2)


def psnr(image: Image, reference: Image) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1]."""
    return float(-10 * np.log10(np.mean(np.square(image - reference), dtype=np.float64) + 1e-12))


def shift(image: Image, reference: Image) -> float:
    """The signed difference of means, of the channel where it is largest, in 1/255."""
    per_channel = (image.mean((0, 1), dtype=np.float64) - reference.mean((0, 1), dtype=np.float64)) * 255
    return float(per_channel[np.abs(per_channel).argmax()])
