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

    `milder` holds the weights of a twin that denoises less (for realesr-general-x4v3 its wdn version); without it
    the network denoises as it does.
    """

    def __init__(
        self,
        name: str,
        state_dict: Mapping[str, Any],
        runtime: Runtime,
        milder: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self._network = CompactNetwork(name, state_dict, runtime)
        self.working_bytes = self._network.working_bytes
        self._runtime = runtime
        self._twins = None if milder is None else (tensors_of(state_dict), tensors_of(milder))
        if self._twins is not None and _shapes(self._twins[0]) != _shapes(self._twins[1]):
            raise ModelUnavailable(f"{name}: the weights for less denoising are another network's.", stage="models")
        self.scale = self._network.scale
        self.tile = runtime.tile
        # What is further away than three quarters of the reach hardly counts. Measured in bf16: where tiles of
        # compact-x2 or compact-x4 (reach 22) share 32 px, they differ from the whole photo by 1/255 at the most, those
        # of realesr-general-x4v3 (reach 34) that share 48 px by 1.1/255.
        self.overlap = min(48, self._network.reach * 3 // 4 * 2)

    @property
    def adjustable(self) -> bool:
        """Whether there is a twin."""
        return self._twins is not None

    def denoising(self, strength: float) -> CompactUpscaler:
        """The upscaler that denoises by `strength` in [0, 1], 1 being this one itself; without a twin always itself.

        The weights are mixed (Wang et al., "Deep Network Interpolation", 2019), as Real-ESRGAN's script does. Raises
        `DeviceOutOfMemory`.
        """
        if strength == 1 or self._twins is None:
            return self
        own, milder = self._twins
        with self._runtime.inference():
            mixed = {key: strength * value + (1 - strength) * milder[key] for key, value in own.items()}
            return CompactUpscaler(self.name, mixed, self._runtime)

    @property
    def batch_size(self) -> int:
        """Tiles at once."""
        return self._runtime.batch_size(self._network.bytes_per_pixel * self.tile**2)

    def upscale(self, tiles: Sequence[Image]) -> list[Image]:
        """Tiles of one shape (h, w, 3) → (h·scale, w·scale, 3)."""
        return self._network.enlarge(tiles)


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {key: tensor.shape for key, tensor in tensors.items()}
