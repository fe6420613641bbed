"""Adapter for upscalers that `spandrel` knows: Real-ESRGAN's RRDB networks, and whatever a user adds.

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
from pipeline.models.runtime.spandrel_network import describe_network, number_format
from pipeline.types import Image

# Purely convolutional ones: these run faster with channels last. Others may reshape and then fail on it.
CHANNELS_LAST = ("Compact", "ESRGAN")

TRIAL_SIDE = 32  # pixels

# Working memory, in numbers of the network's format. ESRGAN's is largest at the output's size: three maps of 64
# channels, before and after its last convolutions and rectifiers. (Its dense blocks hold 576 channels, but at a
# sixteenth of that size.) Of other architectures nothing is known; those with attention (180 channels, their queries,
# keys, values and hidden layers, and for six heads the weights over a window) take about so much for an input pixel.
# An estimate that is too high costs speed only; one that is too low is mended when memory runs out.
ESRGAN_PER_OUTPUT_PIXEL = 3 * 64
OTHERS_PER_INPUT_PIXEL = 4096

WORKING_BYTES = 400 * 2**20  # for each byte of a number, on the host, measured by `bench.footprint --official`


class SpandrelUpscaler:
    """An upscaler of any architecture that spandrel knows, RGB in and out.

    Raises `ModelUnavailable` for any other file, also for a network that fails on a small picture.
    """

    # Input pixels that tiles share; the published script keeps 10 on each side and shows seams.
    overlap = 32

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
        self._layout = (
            torch.channels_last if self._descriptor.architecture.id in CHANNELS_LAST else torch.contiguous_format
        )
        if self._descriptor.architecture.id == "ESRGAN":
            join_activations(self._descriptor.model)
        runtime.prepare(self._descriptor.model, self._dtype, self._layout)
        try:
            (trial,) = self.upscale([np.zeros((TRIAL_SIDE, TRIAL_SIDE, 3), dtype=np.float32)])
        except Exception as error:  # whatever a network of a stranger may raise
            raise ModelUnavailable(f"{name}: the network does not run: {error}", stage="models") from error
        if trial.shape != (TRIAL_SIDE * self.scale, TRIAL_SIDE * self.scale, 3):
            raise ModelUnavailable(f"{name}: the network makes {trial.shape} of a small picture.", stage="models")

    @property
    def batch_size(self) -> int:
        """Tiles at once."""
        is_esrgan = self._descriptor.architecture.id == "ESRGAN"
        per_pixel = ESRGAN_PER_OUTPUT_PIXEL * self.scale**2 if is_esrgan else OTHERS_PER_INPUT_PIXEL
        return self._runtime.batch_size(per_pixel * self.tile**2 * self._dtype.itemsize)

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """Tiles of one shape (h, w, 3) → (h·scale, w·scale, 3).

        Sizes that the network cannot take are padded by reflection inside.
        """
        return self._runtime.run(self._forward, tiles)

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        tile = batch.to(self._dtype).contiguous(memory_format=self._layout)
        # Real-ESRGAN's ×2 network makes its input's sides even itself; spandrel would add up to three pixels, and
        # more of them would be seen in the picture.
        exact = self._descriptor.architecture.id == "ESRGAN" and min(tile.shape[2:]) > 1
        enlarged: torch.Tensor = self._descriptor.model(tile) if exact else self._descriptor(tile)
        return enlarged
