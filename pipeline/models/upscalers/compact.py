"""Adapter for upscalers made of spandrel's `Compact` (SRVGGNetCompact) networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.weights import tensors_of
from pipeline.models.runtime.compact_network import CompactNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image


class CompactUpscaler:
    """An upscaler made of a compact network.

    `less_denoising` are the weights of a network of the same shape that denoises less (for realesr-general-x4v3 its
    wdn version). Raises `ModelUnavailable` for weights of any other network.
    """

    def __init__(
        self,
        name: str,
        state_dict: Mapping[str, Any],
        runtime: Runtime,
        less_denoising: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self._network = CompactNetwork(name, state_dict, runtime)
        self.working_bytes = self._network.working_bytes
        self._runtime = runtime
        self._mixed = None if less_denoising is None else (tensors_of(state_dict), tensors_of(less_denoising))
        if self._mixed is not None and _shapes(self._mixed[0]) != _shapes(self._mixed[1]):
            raise ModelUnavailable(f"{name}: the weights for less denoising are another network's.", stage="models")
        self.scale = self._network.scale
        self.tile = runtime.tile
        # A halo of three quarters of the receptive field's radius is enough. Measured in bf16 against the whole photo:
        # tiles of compact-x2 and compact-x4 (radius 22) that overlap by 32 px differ by at most 1/255, those of
        # realesr-general-x4v3 (radius 34) that overlap by 48 px by at most 1.1/255.
        self.overlap = min(48, self._network.receptive_radius * 3 // 4 * 2)

    @property
    def adjustable(self) -> bool:
        """Whether there are weights for less denoising."""
        return self._mixed is not None

    def denoising(self, strength: float) -> CompactUpscaler:
        """The upscaler that denoises by `strength` in [0, 1]; at 1, or if it is not adjustable, this upscaler itself.

        The weights are mixed (Wang et al., "Deep Network Interpolation", 2019), as Real-ESRGAN's script does. Raises
        `DeviceOutOfMemory`.
        """
        if strength == 1 or self._mixed is None:
            return self
        own, less_denoising = self._mixed
        with self._runtime.inference():
            mixed = {key: strength * value + (1 - strength) * less_denoising[key] for key, value in own.items()}
            return CompactUpscaler(self.name, mixed, self._runtime)

    @property
    def batch_size(self) -> int:
        """How many tiles fit into memory now."""
        return self._runtime.batch_size(self._network.bytes_per_pixel * self.tile**2)

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """Tiles of one shape (h, w, 3), RGB in [0, 1] → (h·scale, w·scale, 3). Raises `DeviceOutOfMemory`."""
        return self._network.enlarge(tiles)


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in tensors.items()}
