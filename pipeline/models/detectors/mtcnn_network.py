"""MTCNN's three networks: the first proposes faces everywhere, the second rejects most, the third places landmarks.

Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional networks" (2016). Layers as in
facenet-pytorch, whose weights `training/detector.py` converts; here each network is a list of layers, and the fully
connected layers read channels, rows and columns in torch's order.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

CELL, STRIDE = 12, 2  # pixels: receptive field and stride of the proposal network
REFINE_SIDE, OUTPUT_SIDE = 24, 48  # pixels: input sides of the other two networks


class _CascadeNetwork(nn.Module):
    """A trunk and a head. The first two outputs of the head are the logits of background and face."""

    def __init__(self, trunk: Sequence[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*trunk)
        self.head = head

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """RGB (N, 3, H, W) in [−1, 1] → the probability of a face (N, …) and the other outputs (N, K, …)."""
        answers = self.head(self.trunk(pixels))
        # Softmax over two logits is the logistic function of their difference.
        return torch.sigmoid(answers[:, 1] - answers[:, 0]), answers[:, 2:]


def proposal_network() -> nn.Module:
    """P-Net, fully convolutional: (N, 3, H, W) → for each cell a probability (N, h, w), box offsets (N, 4, h, w)."""
    trunk = [*_convolution(3, 10, 3, _pool(2)), *_convolution(10, 16, 3), *_convolution(16, 32, 3)]
    return _CascadeNetwork(trunk, nn.Conv2d(32, 2 + 4, 1))


def refine_network() -> nn.Module:
    """R-Net: crops (N, 3, 24, 24) → probabilities (N,) and box offsets (N, 4)."""
    trunk = [*_convolution(3, 28, 3, _pool(3)), *_convolution(28, 48, 3, _pool(3)), *_convolution(48, 64, 2)]
    return _CascadeNetwork([*trunk, *_dense(64 * 3 * 3, 128)], nn.Linear(128, 2 + 4))


def output_network() -> nn.Module:
    """O-Net: crops (N, 3, 48, 48) → probabilities (N,), 4 box offsets and 10 landmark numbers (5 x, 5 y): (N, 14)."""
    trunk = [
        *_convolution(3, 32, 3, _pool(3)),
        *_convolution(32, 64, 3, _pool(3)),
        *_convolution(64, 64, 3, _pool(2)),
        *_convolution(64, 128, 2),
    ]
    return _CascadeNetwork([*trunk, *_dense(128 * 3 * 3, 256)], nn.Linear(256, 2 + 4 + 10))


def _convolution(inputs: int, outputs: int, side: int, *after: nn.Module) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, side), nn.PReLU(outputs), *after]


def _pool(side: int) -> nn.Module:
    # Caffe, in which these networks were trained, rounds output sizes up.
    return nn.MaxPool2d(side, 2, ceil_mode=True)


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Flatten(), nn.Linear(inputs, outputs), nn.PReLU(outputs)]
