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

# Working memory of one crop: 64 channels at 512 px six times over. Torch's profiler shows five and a half at the peak:
# an input with its frame, an output before and after it is put in order, and the conditions of all levels.
WORKING_ELEMENTS = 6 * 64 * CROP_SIZE**2

WORKING_BYTES = 400 * 2**20  # for each byte of a number, on the host, measured by `bench.footprint --official`


class GfpganRestorer:
    """`gfpgan-v1.4`, `gfpgan-v1.3`: a face of any size, drawn anew at 512 × 512.

    The noise that StyleGAN adds is the one stored with the weights, so that a crop gives the same face every time
    (the published wrapper draws fresh noise at each call). Raises `ModelUnavailable` for weights of anything else.
    """

    max_native_size = math.inf

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        # What it computes on the way is too large a number for float16.
        self._dtype = torch.bfloat16 if runtime.dtype == torch.bfloat16 else torch.float32
        try:
            network = GfpganNetwork(tensors_of(state_dict), self._dtype)
        except Exception as error:  # missing or surplus weights, wrong shapes, no tensors: each its own exception
            raise ModelUnavailable(f"{name}: the file holds no GFPGAN network.", stage="models") from error
        self._network = runtime.place(network)
        self.working_bytes = WORKING_BYTES * self._dtype.itemsize

    @property
    def batch_size(self) -> int:
        """Crops at once."""
        return self._runtime.batch_size(WORKING_ELEMENTS * self._dtype.itemsize)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3) → restored (512, 512, 3)."""
        return self._runtime.run(self._forward, [crop.image for crop in crops])

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        restored: torch.Tensor = self._network((batch * 2 - 1).to(self._dtype))
        return (restored + 1) / 2
