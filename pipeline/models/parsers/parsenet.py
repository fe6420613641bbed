"""Adapter for ParseNet (facexlib 0.3.0, parsing_parsenet.pth), which says what each pixel of a face crop shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.parsers.parsenet_network import CLASSES, build_parsenet
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, FloatArray, Image

# CelebAMask-HQ's classes that are pasted back, as facexlib does: skin, nose, glasses, eyes, brows, ears, mouth and
# lips (1 to 12), hair (13) and earrings (15). Left out: background (0), hat (14), necklace (16), neck (17), cloth (18).
FACE_CLASSES = (*range(1, 14), 15)

# Working memory of one crop: at 512 px the decoder's last step holds the doubled picture's 128 channels (branch and
# shortcut), and of 64 channels each the rectified branch, its copy with a border, the convolution's output and the sum.
WORKING_ELEMENTS = (128 + 4 * 64) * CROP_SIZE**2


class FaceParser:
    """A face parser made of the published ParseNet weights.

    Raises `ModelUnavailable` where `state_dict` is not ParseNet's.
    """

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        try:
            network = build_parsenet(state_dict)
        except Exception as error:  # missing or surplus weights, wrong shapes, no tensors: each its own exception
            raise ModelUnavailable(f"{name}: the file does not hold ParseNet's weights.", stage="models") from error
        self._runtime = runtime
        self._network = runtime.prepare(network)
        self._is_face = torch.zeros(CLASSES, device=runtime.device)
        self._is_face[list(FACE_CLASSES)] = 1.0

    @property
    def batch_size(self) -> int:
        """Crops at once."""
        return self._runtime.batch_size(WORKING_ELEMENTS * self._runtime.dtype.itemsize)

    def parse(self, crops: Sequence[Image]) -> list[FloatArray]:
        """Crops (512, 512, 3), RGB in [0, 1] → masks (512, 512): 1 on face, hair and earrings, 0 elsewhere.

        The masks are hard; `pipeline.steps.blending.parsed_mask` blurs them. Raises `StageFailed` where the network
        answers with something that is not a number, and `DeviceOutOfMemory`.
        """
        return [mask[..., 0] for mask in self._runtime.run(self._forward, crops)]

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        logits = self._network((batch * 2 - 1).to(self._runtime.dtype))
        if not torch.isfinite(logits).all():  # half precision can overflow; any class would then do as the largest
            raise StageFailed(f"The face parser {self.name} answered with something that is not a number.")
        return self._is_face[logits.argmax(dim=1, keepdim=True)]
