"""Adapter for GFPGAN: blind face restoration with a generative prior.

Wang et al., "Towards Real-World Blind Face Restoration with Generative Facial Prior" (2021).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.weights import tensors_of
from pipeline.models.restorers.gfpgan_network import GfpganNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, Crop, Image

# Working memory of one crop, in numbers: six feature maps of 64 channels at 512 px. Torch's profiler shows five and a
# half at the peak: an input with its padding, an output before and after it is interleaved, and the conditions of all
# levels.
WORKING_ELEMENTS = 6 * 64 * CROP_SIZE**2

WORKING_BYTES = 400 * 2**20  # host memory for each byte of the dtype, measured by `bench.model_memory --official`


class GfpganRestorer:
    """`gfpgan-v1.4`, `gfpgan-v1.3`: generates a face of any native size anew at 512 × 512.

    StyleGAN's noise is the one stored with the weights, so that a crop always gives the same face (the published
    wrapper draws new noise at each call). Raises `ModelUnavailable` for any other weights.
    """

    max_native_size = math.inf

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        # Its activations overflow float16.
        self._dtype = torch.bfloat16 if runtime.dtype == torch.bfloat16 else torch.float32
        try:
            network = GfpganNetwork(tensors_of(state_dict), self._dtype)
        except Exception as error:  # missing or surplus weights, wrong shapes, no tensors: different exceptions
            raise ModelUnavailable(f"{name}: the file holds no GFPGAN network.", stage="models") from error
        self._network = runtime.place(network)
        self.working_bytes = WORKING_BYTES * self._dtype.itemsize

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory now."""
        return self._runtime.batch_size(WORKING_ELEMENTS * self._dtype.itemsize)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3), RGB in [0, 1] → restored (512, 512, 3). Raises `DeviceOutOfMemory`."""
        return self._runtime.run(self._forward, [crop.image for crop in crops])

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        restored: torch.Tensor = self._network((batch * 2 - 1).to(self._dtype))
        return (restored + 1) / 2
