"""OpenCV's encoders."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from pipeline.codec.levels import Levels


def opencv_file(
    suffix: str, levels: Levels, settings: tuple[int, ...], metadata: Mapping[int, bytes] | None = None
) -> memoryview:
    """The file with `levels` (grey, BGR or BGRA) that OpenCV writes under this suffix.

    `settings` are OpenCV's parameters and their values in turn, `metadata` blocks by OpenCV's kind of metadata, of
    which empty ones are left out. Raises `RuntimeError` where the encoder fails.
    """
    blocks = {kind: np.frombuffer(block, np.uint8) for kind, block in (metadata or {}).items() if block}
    written, data = cv2.imencodeWithMetadata(suffix, levels, list(blocks), list(blocks.values()), settings)
    if not written or data.size == 0:
        raise RuntimeError(f"The encoder of {suffix} files wrote nothing.")
    return data.reshape(-1).data
