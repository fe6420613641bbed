"""spandrel's `Compact` networks (SRVGGNetCompact), on a runtime: the upscalers and the embedded face restorer use them.

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
        self.working_bytes = WORKING_BYTES
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
