"""The loss: the student's error in dB against the teacher's output, without the teacher's shift of mean colour."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Input pixels at each side that do not count: the teacher's output was computed on whole tiles, the student's on crops.
BORDER = 8


def interior(images: Tensor, border: int) -> Tensor:
    """(N, C, H, W) without ``border`` pixels at each side."""
    return images[:, :, border:-border, border:-border]


def undrifted(output: Tensor, answer: Tensor, source: Tensor) -> Tensor:
    """Output minus answer inside the border, (N, 3, h, w), after shifting the answer to its input's mean colour.

    The teacher darkens or tints by 1.5 to 2 of 255 (root mean square over patches), which the student must not learn.
    """
    scale = output.shape[2] // source.shape[2]
    target = interior(answer, BORDER * scale)
    drift = target.mean((2, 3), keepdim=True) - interior(source, BORDER).mean((2, 3), keepdim=True)
    return interior(output.float(), BORDER * scale) - (target - drift)


def decibels(difference: Tensor) -> Tensor:
    """Mean over the batch of 10·log10 of each patch's squared error: the negative of the mean PSNR."""
    return 10 * torch.log10(difference.square().mean((1, 2, 3)) + 1e-6).mean()


def colour_error(output: Tensor, source: Tensor) -> Tensor:
    """Mean square of the difference in mean colour between each clipped output patch and its input, in (1/255)²."""
    scale = output.shape[2] // source.shape[2]
    shown = interior(output.float().clamp(0, 1), BORDER * scale).mean((2, 3))
    return ((shown - interior(source, BORDER).mean((2, 3))) * 255).square().mean()


def loss(output: Tensor, answer: Tensor, source: Tensor, half_weight: float, colour_weight: float) -> Tensor:
    """Scalar, in dB. ``output``, ``answer``: (N, 3, k·H, k·W), ``source``: (N, 3, H, W), range [0, 1].

    ``half_weight`` is the share of the error of the 2×2 average, which is the ×2 student's error; ``colour_weight`` is
    the weight of `colour_error`.
    """
    difference = undrifted(output, answer, source)
    error = (1 - half_weight) * decibels(difference) + half_weight * decibels(functional.avg_pool2d(difference, 2))
    return error + colour_weight * colour_error(output, source) if colour_weight else error
