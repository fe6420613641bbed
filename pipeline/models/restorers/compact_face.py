"""Adapter for `compact-face`: a compact network that gets the face at the size it has in the photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from pipeline.geometry import resize
from pipeline.models.runtime.compact_network import CompactNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import CROP_SIZE, Crop, Image


class CompactFaceRestorer:
    """`compact-face`: restores a crop with a compact ×4 network, at the size that the face has in the photo.

    The network was trained on photos at their own resolution, not on faces that alignment has enlarged to 512 px.
    So the crop is shrunk to its native size, enlarged by the network, and resized to 512 px. A larger face that is
    blurred is shrunk as far as its blur allows.
    """

    batch_size = 1  # each crop has a size of its own
    max_native_size = float(CROP_SIZE)  # a larger face has more detail than a 512 px crop can hold
    min_size = 32  # pixels; smaller faces are given to the network at this size

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._network = CompactNetwork(name, state_dict, runtime)
        self.working_bytes = self._network.working_bytes

    def restore(self, crops: Sequence[Crop]) -> list[Image]:
        """Crops (512, 512, 3), RGB in [0, 1] → restored (512, 512, 3). Raises `DeviceOutOfMemory`."""
        return [self._restore(crop) for crop in crops]

    def _restore(self, crop: Crop) -> Image:
        size = crop.native_size if crop.native_size <= CROP_SIZE else crop.resolution
        side = round(min(max(size, self.min_size), CROP_SIZE))
        native = cv2.resize(crop.image, (side, side), interpolation=cv2.INTER_AREA)
        enlarged = self._network.enlarge([np.asarray(native, dtype=np.float32)])[0]
        return resize(enlarged, (CROP_SIZE, CROP_SIZE))
