"""Compact networks with random weights, and spandrel's output for them."""

from __future__ import annotations

import numpy as np
import torch
from spandrel.architectures.Compact import Compact

from pipeline.types import Image


def network(scale: int, *, features: int = 16, convolutions: int = 4) -> Compact:
    """Random weights, none of them zero."""
    torch.manual_seed(scale)
    made = Compact(num_feat=features, num_conv=convolutions, upscale=scale)
    return made.eval().requires_grad_(False)


def without_difference(scale: int) -> Compact:
    """A network that only repeats pixels."""
    made = network(scale)
    made.body[-1].weight.zero_()
    made.body[-1].bias.zero_()
    return made


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def direct(net: Compact, image: Image) -> Image:
    """The output of spandrel's network for an image."""
    output = net(torch.from_numpy(image).permute(2, 0, 1)[None]).clamp(0, 1)
    return output[0].permute(1, 2, 0).numpy()
