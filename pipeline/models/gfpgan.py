"""Adapter for GFPGAN: blind face restoration with a generative prior.

Wang et al., "Towards Real-World Blind Face Restoration with Generative Facial Prior" (2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.models.gfpgan_network import GfpganNetwork
from pipeline.models.runtime import Runtime
from pipeline.models.spandrel_network import describe_network, number_format
from pipeline.types import Crop, Image

# 64 channels at 512 × 512, some four times at once: before and after a convolution, and two conditions.
WORKING_BYTES = 4 * 64 * 512 * 512


class GfpganRestorer:
    """`gfpgan-v1.4`, `gfpgan-v1.3`: a face of any size, drawn anew at 512 × 512.

    The noise that StyleGAN adds is the one stored with the weights, so that a crop gives the same face every time
    (the published wrapper draws fresh noise at each call).
    """

    max_native_size = math.inf

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        descriptor = describe_network(name, state_dict, "GFPGAN")
        self.name = name
        self._runtime = runtime
        self._dtype = number_format(descriptor, runtime)
        self._network = runtime.place(GfpganNetwork(descriptor.model.state_dict(), self._dtype))

    @property
    def batch_size(self) -> int:
        """Faces at once: as many as the device has memory for."""
        return self._runtime.batch_size(WORKING_BYTES * self._dtype.itemsize)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3) → restored (512, 512, 3)."""
        return self._runtime.run(self._forward, [crop.image for crop in crops])

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        restored: torch.Tensor = self._network((batch * 2 - 1).to(self._dtype))
        return (restored + 1) / 2
