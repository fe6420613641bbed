"""Adapter for upscalers that `spandrel` knows: Real-ESRGAN's RRDB networks, and those that a user adds.

Real-ESRGAN: Wang et al., "Training Real-World Blind Super-Resolution with Pure Synthetic Data" (2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.convolution import join_activations
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.runtime.spandrel_network import describe_network, memory_format, number_format
from pipeline.types import Image

TRIAL_SIDE = 32  # pixels

# Working memory as a count of numbers in the network's format. ESRGAN needs most at the output's size: three feature
# maps of 64 channels, before and after its last convolutions and rectifiers. (Its dense blocks hold 576 channels, but
# at a sixteenth of that size.) Other architectures are estimated by those with attention: 180 channels, their queries,
# keys, values and hidden layers, and the attention weights of six heads over a window. Too high an estimate costs
# only speed; after too low a one memory runs out, and the tiles are tried again in smaller batches.
ESRGAN_PER_OUTPUT_PIXEL = 3 * 64
OTHERS_PER_INPUT_PIXEL = 4096

WORKING_BYTES = 400 * 2**20  # host memory for each byte of the dtype, measured by `bench.model_memory --official`


class SpandrelUpscaler:
    """An upscaler of any architecture that spandrel knows, RGB in and out.

    Raises `ModelUnavailable` for any other file, and for a network that fails on a small picture.
    """

    overlap = 32  # pixels; with the published script's halo of 10 px on each side seams are visible

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self._descriptor = describe_network(name, state_dict)
        if self._descriptor.purpose == "FaceSR":
            raise ModelUnavailable(f"{name}: the file holds a restorer of faces, no upscaler.", stage="models")
        self.name = name
        self.scale = int(self._descriptor.scale)
        self.tile = runtime.tile
        self._runtime = runtime
        self._dtype = number_format(self._descriptor, runtime)
        self.working_bytes = WORKING_BYTES * self._dtype.itemsize
        self._memory_format = memory_format(self._descriptor)
        self._is_esrgan = self._descriptor.architecture.id == "ESRGAN"
        if self._is_esrgan:
            join_activations(self._descriptor.model)
        runtime.prepare(self._descriptor.model, self._dtype, self._memory_format)
        try:
            (trial,) = self.upscale([np.zeros((TRIAL_SIDE, TRIAL_SIDE, 3), dtype=np.float32)])
        except Exception as error:  # a user's network may raise anything
            raise ModelUnavailable(f"{name}: the network does not run: {error}", stage="models") from error
        if trial.shape != (TRIAL_SIDE * self.scale, TRIAL_SIDE * self.scale, 3):
            raise ModelUnavailable(f"{name}: the network makes {trial.shape} of a small picture.", stage="models")

    @property
    def batch_size(self) -> int:
        """How many tiles fit into memory now."""
        per_pixel = ESRGAN_PER_OUTPUT_PIXEL * self.scale**2 if self._is_esrgan else OTHERS_PER_INPUT_PIXEL
        return self._runtime.batch_size(per_pixel * self.tile**2 * self._dtype.itemsize)

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """Tiles of one shape (h, w, 3), RGB in [0, 1] → (h·scale, w·scale, 3). Raises `DeviceOutOfMemory`.

        spandrel pads tiles by reflection to a size that the network accepts, and crops the result.
        """
        return self._runtime.run(self._forward, tiles)

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) → (N, 3, h·scale, w·scale)."""
        tiles = batch.to(self._dtype).contiguous(memory_format=self._memory_format)
        # Real-ESRGAN's ×2 network itself pads its input to even sides. spandrel would pad by up to three pixels, and
        # the padding would change more of the picture.
        pads_itself = self._is_esrgan and min(tiles.shape[2:]) > 1
        enlarged: torch.Tensor = self._descriptor.model(tiles) if pads_itself else self._descriptor(tiles)
        return enlarged
