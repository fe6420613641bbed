"""Restoration: every aligned crop through the restorer, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.batches import Batches
from pipeline.errors import StageFailed
from pipeline.geometry import clip_image
from pipeline.models.roles import Restorer
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.run import Run
from pipeline.types import Crop, Image, PlannedFace


def restore(faces: Sequence[PlannedFace], restorer: Restorer, run: Run) -> list[PlannedFace]:
    """The faces with their `restored` images. Raises as `restore_crops` does."""
    images = restore_crops([face.crop for face in faces], restorer, run)
    return_freed_memory()  # freed blocks of this network's sizes do not fit the next network's, which would add to them
    return [replace(face, restored=image) for face, image in zip(faces, images, strict=True)]


def restore_crops(crops: Sequence[Crop], restorer: Restorer, run: Run) -> list[Image]:
    """Restored images (512, 512, 3) in [0, 1], one for each crop.

    Raises `StageFailed` where the network gives another shape or values that are not finite, because such a face must
    never be pasted, and `DeviceOutOfMemory` where not even a single crop fits into memory.
    """

    def attempt(batch: Sequence[Crop]) -> list[Image]:
        images = restorer.restore(batch)
        if len(images) != len(batch) or any(i.shape != c.image.shape for i, c in zip(images, batch, strict=False)):
            raise StageFailed(f"The restorer {restorer.name} answered with something that is not a face crop.")
        if not all(np.isfinite(image).all() for image in images):
            raise StageFailed(f"The restorer {restorer.name} gave values that are not numbers.")
        return [clip_image(image) for image in images]

    restored: list[Image] = []
    for images in Batches(restorer.batch_size, run).apply(attempt, crops):
        restored.extend(images)
        run.progress(len(restored), len(crops))
    return restored
