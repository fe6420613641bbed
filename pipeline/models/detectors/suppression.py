"""Non-maximum suppression: of a detector's boxes that overlap, only one is kept."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.ops import nms

from pipeline.types import Face, FloatArray

MAX_OVERLAP = 0.4  # intersection over union, as in facexlib and insightface


def distinct_faces(
    boxes: FloatArray,
    landmarks: FloatArray,
    scores: FloatArray,
    preference: FloatArray | None = None,
    *,
    border: float = 0.0,
) -> list[Face]:
    """Faces from boxes (N, 4), landmarks (N, 5, 2) and scores (N,), best score first.

    If two boxes overlap by more than `MAX_OVERLAP`, the one with the higher `preference` (N,) is kept (None: the higher
    score). `border` pixels are added to right and bottom edges before areas are computed: 1 if coordinates are pixel
    indices, 0 if they are edges.
    """
    areas = torch.from_numpy(boxes + np.array([0, 0, border, border], dtype=np.float32))
    kept = nms(areas, torch.from_numpy(scores if preference is None else preference), MAX_OVERLAP).numpy()
    ordered = kept[np.argsort(-scores[kept], kind="stable")]
    return [Face(boxes[index], landmarks[index], float(scores[index])) for index in ordered]


def without_nested(boxes: torch.Tensor, scores: torch.Tensor, overlap: float) -> torch.Tensor:
    """Indices of the boxes (N, 4) that are kept, best score (N,) first.

    If the intersection of two boxes is more than `overlap` of the smaller one's area, the one with the higher score is
    kept.
    """
    corners = boxes.numpy()
    areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    kept: list[int] = []
    dropped = np.zeros(len(boxes), dtype=bool)
    for index in torch.argsort(scores, descending=True, stable=True).tolist():
        if not dropped[index]:
            kept.append(index)
            sides = np.minimum(corners[:, 2:], corners[index, 2:]) - np.maximum(corners[:, :2], corners[index, :2])
            common = np.maximum(sides, 0).prod(axis=1)
            dropped |= common > overlap * np.minimum(areas, areas[index])
    return torch.tensor(kept, dtype=torch.long)
