"""Adapters for spandrel's `Compact` (SRVGGNetCompact) networks: upscalers, and the embedded face restorer.

Architecture: Real-ESRGAN (Wang et al., 2021), the compact variant of its v0.2.5 release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional

from pipeline.errors import ModelUnavailable
from pipeline.geometry import resize
from pipeline.models.catalogue.weights import tensors_of
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.runtime.spandrel_network import describe_network
from pipeline.types import CROP_SIZE, Crop, Image

WORKING_BYTES = 160 * 2**20  # of a photo's networks at work, these among them, measured by `bench.footprint`


class CompactNetwork:
    """A compact network on a runtime: `scale` times larger, its receptive field `reach` pixels each way."""

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        descriptor = describe_network(name, state_dict, "Compact")
        network: Any = descriptor.model
        self.scale = int(descriptor.scale)
        self.reach = sum(isinstance(layer, torch.nn.Conv2d) for layer in network.body)
        # Working memory of one input pixel, counted as if it were needed at once: input and output of a convolution
        # between the widest layers, in the runtime's number format; and three pictures of the output's size in float32
        # (the difference, the enlarged input, their sum).
        self.bytes_per_pixel = 2 * network.num_feat * runtime.dtype.itemsize + 3 * 3 * self.scale**2 * 4
        self._runtime = runtime
        self._body = runtime.prepare(network.body)

    def enlarge(self, images: Sequence[Image]) -> list[Image]:
        """Images (H, W, 3) of one shape → (H·scale, W·scale, 3)."""
        return self._runtime.run(self._forward, images)

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        # The network adds a small difference to the enlarged input. Only the difference is computed in half
        # precision: in bf16 the sum itself would lose the last of its 8 bits.
        hidden = batch.to(self._runtime.dtype)
        for layer in self._body.children():
            hidden = layer(hidden)
        difference = functional.pixel_shuffle(hidden, self.scale).float()
        return difference + functional.interpolate(batch, scale_factor=self.scale, mode="nearest")


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
        self.working_bytes = WORKING_BYTES
        self._network = CompactNetwork(name, state_dict, runtime)
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


class CompactFaceRestorer:
    """`compact-face`: a crop, brought to the size it has in the photo, through a compact ×4 network.

    The network learnt what photos look like at their own resolution; a face that alignment has stretched to
    512 px is not that. So the crop is taken back to its native size, enlarged, and brought to 512 px again.
    """

    working_bytes = WORKING_BYTES
    batch_size = 1  # each crop has a size of its own
    max_native_size = float(CROP_SIZE)  # a larger face has more detail than a 512 px crop can hold
    min_size = 32  # pixels; a face under this native size gives the network too little to see

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._network = CompactNetwork(name, state_dict, runtime)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3) → restored (512, 512, 3)."""
        return [self._restore(crop) for crop in crops]

    def _restore(self, crop: Crop) -> Image:
        side = round(min(max(crop.native_size, self.min_size), CROP_SIZE))
        native = cv2.resize(crop.image, (side, side), interpolation=cv2.INTER_AREA)
        enlarged = self._network.enlarge([np.asarray(native, dtype=np.float32)])[0]
        return resize(enlarged, (CROP_SIZE, CROP_SIZE))
