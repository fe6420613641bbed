"""spandrel's `Compact` networks (SRVGGNetCompact), on a runtime: the upscalers and `compact-face` use them.

Architecture: Real-ESRGAN (Wang et al., 2021), the compact variant of its v0.2.5 release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from pipeline.models.runtime.runtime import Runtime
from pipeline.models.runtime.spandrel_network import describe_network
from pipeline.types import Image

# Host memory in which compact-x4 works, measured by `bench.model_memory`; `MEASURED_RADIUS` is its depth. Deeper
# networks take more: realesr-general-x4v3 (radius 34) was measured at up to 239 MB.
WORKING_BYTES = 160 * 2**20
MEASURED_RADIUS = 22


class CompactNetwork:
    """A compact network on a runtime: it enlarges by `scale`.

    An output pixel depends on input pixels up to `receptive_radius` away. `bytes_per_pixel`: working memory on the
    device for one input pixel.
    """

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        descriptor = describe_network(name, state_dict, "Compact")
        network: Any = descriptor.model
        self.scale = int(descriptor.scale)
        self.receptive_radius = sum(isinstance(layer, torch.nn.Conv2d) for layer in network.body)
        # An upper bound, as if all were needed at once: input and output of a convolution between the widest layers,
        # in the runtime's number format, and three pictures of the output's size in float32 (the difference, the
        # enlarged input, their sum).
        self.bytes_per_pixel = 2 * network.num_feat * runtime.dtype.itemsize + 3 * 3 * self.scale**2 * 4
        self.working_bytes = WORKING_BYTES * max(MEASURED_RADIUS, self.receptive_radius) // MEASURED_RADIUS
        self._runtime = runtime
        self._body = runtime.prepare(network.body)

    def enlarge(self, images: Sequence[Image]) -> list[Image]:
        """Images (H, W, 3) of one shape, RGB in [0, 1] → (H·scale, W·scale, 3). Raises `DeviceOutOfMemory`."""
        return self._runtime.run(self._forward, images)

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) → (N, 3, H·scale, W·scale), float32."""
        # The network adds a small difference to the enlarged input. Only the difference is computed in half precision:
        # bf16 has 8 bits of precision, and the sum would lose the last of them.
        hidden = batch.to(self._runtime.dtype)
        for layer in self._body.children():
            hidden = layer(hidden)
        difference = functional.pixel_shuffle(hidden, self.scale).float()
        return difference + functional.interpolate(batch, scale_factor=self.scale, mode="nearest")
