"""Adapter for `portrait-face`, the default without a download: a network trained on portraits (training/README.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch

from pipeline.errors import ModelUnavailable
from pipeline.geometry import clip_image, resize
from pipeline.models.restorers.portrait_network import PATCH, SIDE, WIDTHS, PortraitNetwork
from pipeline.models.runtime.convolution import join_activations
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, Crop, FloatArray, Image

# Working memory of one crop on the device, in numbers: at the first level, 48 positions a side, a block holds its
# input, the value between its convolutions, and its output; the input of the network is as large as half of one.
WORKING_ELEMENTS = 4 * WIDTHS[0] * (SIDE // PATCH) ** 2


class PortraitFaceRestorer:
    """`portrait-face`: changes a crop at 192 px; the change is enlarged and added to the crop.

    So a large face keeps its own fine detail, and only what is wider than a pixel of 192 is restored. Raises
    `ModelUnavailable` for any other weights.
    """

    max_native_size = float(CROP_SIZE)  # a larger face has more detail than a 512 px crop can hold
    working_bytes = 64 * 2**20  # measured by `bench.model_memory`

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        with torch.device("meta"):  # skips the random initial weights
            network = PortraitNetwork(runtime.dtype)
        try:
            network.load_state_dict(dict(state_dict), strict=True, assign=True)
        except Exception as error:  # RuntimeError for wrong names and shapes, others for values that are no tensors
            raise ModelUnavailable(f"{name}: the file holds no network of portrait-face.", stage="models") from error
        network.to(runtime.dtype)  # before the convolutions are joined, which keep the number format of their weights
        join_activations(network)
        self._network = runtime.place(network)

    @property
    def batch_size(self) -> int:
        """How many crops fit into memory now."""
        return self._runtime.batch_size(WORKING_ELEMENTS * self._runtime.dtype.itemsize)

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3), RGB in [0, 1] → restored (512, 512, 3). Raises `DeviceOutOfMemory`."""
        if not crops:
            return []
        faces = np.stack([resize(crop.image, (SIDE, SIDE)) for crop in crops])
        changes = self._changes(faces, [crop.native_size for crop in crops])
        return [_changed(crop.image, change) for crop, change in zip(crops, changes, strict=True)]

    def _changes(self, faces: FloatArray, native: Sequence[float]) -> FloatArray:
        """Faces (N, 192, 192, 3) and their native sizes in px → what the network adds to them, of the same shape."""
        device = self._runtime.device
        with self._runtime.inference():
            batch = torch.from_numpy(faces).permute(0, 3, 1, 2).to(device)  # so it is channels-last
            changes = self._network(batch, torch.tensor(native, device=device))
            return np.asarray(changes.permute(0, 2, 3, 1).contiguous().cpu().numpy(), dtype=np.float32)


def _changed(crop: Image, change: FloatArray) -> Image:
    enlarged = cv2.resize(change, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC)
    return clip_image(crop + np.asarray(enlarged, dtype=np.float32))
