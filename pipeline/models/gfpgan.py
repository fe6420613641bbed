"""Adapter for GFPGAN: blind face restoration with a generative prior.

Wang et al., "Towards Real-World Blind Face Restoration with Generative Facial Prior" (2021); the network is spandrel's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.models.runtime import Runtime
from pipeline.models.spandrel_network import describe_network, number_format
from pipeline.types import Crop, Image


class GfpganRestorer:
    """`gfpgan-v1.4`, `gfpgan-v1.3`: a face of any size, drawn anew at 512 × 512.

    The noise that StyleGAN adds is the one stored with the weights, so that a crop gives the same face every time
    (the published wrapper draws fresh noise at each call).
    """

    max_native_size = math.inf

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        descriptor = describe_network(name, state_dict, "GFPGAN")
        self.name = name
        self.batch_size = runtime.batch_size
        self._runtime = runtime
        self._dtype = number_format(descriptor, runtime)
        # It reshapes on its way, and so cannot take channels last.
        self._network = runtime.prepare(descriptor.model, self._dtype, torch.contiguous_format)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3) → restored (512, 512, 3)."""
        return self._runtime.run(self._forward, [crop.image for crop in crops])

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        faces = (batch * 2 - 1).to(self._dtype).contiguous()
        restored: torch.Tensor = self._network(faces, return_rgb=False, randomize_noise=False)[0]
        return (restored.float() + 1) / 2
