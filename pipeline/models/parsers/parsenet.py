"""Adapter for ParseNet (facexlib 0.3.0, parsing_parsenet.pth), which classifies each pixel of a face crop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.parsers.parsenet_network import CLASSES, build_parsenet
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, FloatArray, Image

# The classes of CelebAMask-HQ that are pasted back, as in facexlib: skin, nose, glasses, eyes, brows, ears, mouth and
# lips (1 to 12), hair (13) and earrings (15); not background (0), hat (14), necklace (16), neck (17), cloth (18).
FACE_CLASSES = (*range(1, 14), 15)

# Working memory of one crop, in numbers: at 512 px the decoder's last block holds 128 channels (branch and shortcut)
# and four maps of 64 channels (the rectified branch, its padded copy, the convolution's output and the sum).
WORKING_ELEMENTS = (128 + 4 * 64) * CROP_SIZE**2


class FaceParser:
    """A face parser with the published ParseNet weights. Raises `ModelUnavailable` for any other `state_dict`."""

    working_bytes = 600 * 2**20  # of one crop in float32, measured by `bench.model_memory`; 410 MiB in bfloat16

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        try:
            network = build_parsenet(state_dict)
        except Exception as error:  # missing or surplus weights, wrong shapes, no tensors: different exceptions
            raise ModelUnavailable(f"{name}: the file does not hold ParseNet's weights.", stage="models") from error
        self._runtime = runtime
        self._network = runtime.prepare(network)
        self._is_face = torch.zeros(CLASSES, device=runtime.device)
        self._is_face[list(FACE_CLASSES)] = 1.0

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory now."""
        return self._runtime.batch_size(WORKING_ELEMENTS * self._runtime.dtype.itemsize)

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        """Crops (512, 512, 3), RGB in [0, 1] → masks (512, 512): 1 on face, hair and earrings, 0 elsewhere.

        The masks are hard; `pipeline.steps.blending.parsed_mask` blurs them. Raises `StageFailed` if the network's
        output is not finite, and `DeviceOutOfMemory`.
        """
        return [mask[..., 0] for mask in self._runtime.run(self._forward, crops)]

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) in [0, 1] → masks (N, 1, H, W) of 0 and 1."""
        logits = self._network((batch * 2 - 1).to(self._runtime.dtype))
        if not torch.isfinite(logits).all():  # half precision can overflow, and the argmax is then meaningless
            raise StageFailed(f"The face parser {self.name} answered with something that is not a number.")
        return self._is_face[logits.argmax(dim=1, keepdim=True)]
