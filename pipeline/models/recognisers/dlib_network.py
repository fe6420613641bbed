"""The network of dlib's face recogniser: a residual network of 29 convolutions with an output of 128 numbers.

Davis King, "High quality face recognition with deep metric learning" (2017, blog.dlib.net); layers as in dlib's
`dnn_face_recognition_ex.cpp`, with each affine layer folded into the convolution before it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SIZE = 150  # pixels, the side of the network's input
LENGTH = 128  # of an embedding
MEAN_RGB = (122.782, 117.001, 104.298)  # of 0 … 255
# Output channels of each block, and whether it halves the size.
BLOCKS = (
    *[(32, False)] * 3,
    *((64, True), *[(64, False)] * 3),
    *((128, True), *[(128, False)] * 2),
    *((256, True), *[(256, False)] * 2),
    (256, True),
)


class DlibNetwork(nn.Module):
    """Aligned faces (N, 3, 150, 150), RGB in [0, 1] → dlib's embeddings (N, 128), not normalised."""

    mean: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        mean = torch.tensor(MEAN_RGB, device="cpu").reshape(1, 3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)  # not on the meta device: no weights file has it
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        inputs = (32, *(outputs for outputs, _ in BLOCKS))
        self.blocks = nn.Sequential(
            *(_Block(before, after, halves) for before, (after, halves) in zip(inputs, BLOCKS, strict=False))
        )
        self.head = nn.Linear(inputs[-1], LENGTH, bias=False)

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """(N, 3, 150, 150) → (N, 128)."""
        stem = functional.relu(self.stem((faces * 255 - self.mean) / 256))
        features = self.blocks(functional.max_pool2d(stem, 3, stride=2))
        embeddings: torch.Tensor = self.head(features.mean(dim=(2, 3)))
        return embeddings


class _Block(nn.Module):
    """A residual block. If it `halves` the size, its shortcut averages 2×2 pixels: (N, I, H, W) → (N, O, H', W')."""

    def __init__(self, inputs: int, outputs: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        # dlib pads a convolution only where its stride is 1.
        self.first = nn.Conv2d(inputs, outputs, 3, stride=2 if halves else 1, padding=0 if halves else 1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        changed = self.second(functional.relu(self.first(features)))
        if not self.halves:
            return functional.relu(changed + features)
        pooled = functional.avg_pool2d(features, 2)
        # dlib's add_prev adds tensors of different sizes: it pads the smaller one with zeros below, on the right and in
        # channels. Of 8 pixels, the average pooling makes 4 and the convolution without padding 3.
        channels, rows, columns = (max(sizes) for sizes in zip(changed.shape[1:], pooled.shape[1:], strict=True))
        return functional.relu(_padded(changed, channels, rows, columns) + _padded(pooled, channels, rows, columns))


def _padded(features: torch.Tensor, channels: int, rows: int, columns: int) -> torch.Tensor:
    """The features with zeros below, on the right and in further channels, up to these sizes."""
    _, k, height, width = features.shape
    return functional.pad(features, (0, columns - width, 0, rows - height, 0, channels - k))
