"""Bilinear enlargement by two and the convolution after it, as one convolution at the small size."""

from __future__ import annotations

import torch
from torch.nn import functional

from pipeline.models.runtime.convolution import Convolution

# _TAPS[phase][tap]: the weights of the previous, same and next pixel of the small line in the enlarged pixel that a
# kernel's tap reads. Phase 0 is the first pixel of each enlarged pair, phase 1 the second.
_TAPS = (
    ((0.75, 0.25, 0.0), (0.25, 0.75, 0.0), (0.0, 0.75, 0.25)),
    ((0.25, 0.75, 0.0), (0.0, 0.75, 0.25), (0.0, 0.25, 0.75)),
)


class BilinearConvolution(torch.nn.Module):
    """`interpolate(x, scale_factor=2, mode="bilinear")` and then a convolution 3 × 3 or 1 × 1 that keeps the size.

    Four convolutions of the small picture, one for each pixel of a 2 × 2 square, give the same numbers with as many
    multiplications and without the memory for the enlarged picture with all its input channels. `weight` is
    (O, I, k, k). Raises `ValueError` for kernels of other sizes.
    """

    def __init__(self, weight: torch.Tensor, dtype: torch.dtype) -> None:
        super().__init__()
        missing = 3 - weight.shape[-1]
        if missing not in (0, 2):
            raise ValueError(f"a kernel of {weight.shape[-1]} pixels")
        full = functional.pad(weight, [missing // 2] * 4)
        taps = torch.tensor(_TAPS)
        kernel = torch.einsum("ayr,bxs,oiyx->aboirs", taps, taps, full).flatten(0, 2)
        self.phases = Convolution(kernel, dtype=dtype, padding=0)
        self.outputs = weight.shape[0]
        # Kernels of the taps outside the enlarged picture, where the padding is zero and not the repeated edge. Their
        # sums are subtracted again: top, bottom, left, right, each (3·I, O).
        edges = torch.stack([full[:, :, 0], full[:, :, 2], full[:, :, :, 0], full[:, :, :, 2]])
        edges = edges.permute(0, 3, 2, 1).flatten(1, 2).to(dtype)
        self.edges = None if missing else torch.nn.Parameter(edges, requires_grad=False)

    def forward(self, x: torch.Tensor, scale: torch.Tensor | None = None) -> torch.Tensor:
        """(N, I, H, W), multiplied by `scale` (N, I, 1, 1) if given → 2 × 2 squares (N, H, 2, W, 2, O)."""
        n, channels, height, width = x.shape
        framed = torch.empty(
            (n, channels, height + 2, width + 2), dtype=x.dtype, device=x.device, memory_format=torch.channels_last
        )
        inside = framed[:, :, 1:-1, 1:-1]
        if scale is None:
            inside.copy_(x)
        else:
            torch.mul(x, scale, out=inside)
        for line, neighbour in ((0, 1), (-1, -2)):
            framed[:, :, line] = framed[:, :, neighbour]
            framed[:, :, :, line] = framed[:, :, :, neighbour]
        phases: torch.Tensor = self.phases(framed)
        squares = phases.permute(0, 2, 3, 1).view(n, height, width, 2, 2, self.outputs).permute(0, 1, 3, 2, 4, 5)
        if self.edges is not None:
            rows = _doubled(framed[:, :, :: height + 1])
            columns = _doubled(framed[:, :, :, :: width + 1].transpose(2, 3))
            columns[..., 0] = columns[..., -1] = 0  # the rows include the corners
            top, bottom = _line_sums(rows, self.edges[:2])
            left, right = _line_sums(columns, self.edges[2:])
            squares[:, 0, 0] -= top
            squares[:, -1, 1] -= bottom
            squares[:, :, :, 0, 0] -= left
            squares[:, :, :, -1, 1] -= right
        return squares


def interleaved(squares: torch.Tensor) -> torch.Tensor:
    """An uninitialised picture (N, O, 2·H, 2·W), channels-last, with room for `squares` (N, H, 2, W, 2, O)."""
    n, height, _, width, _, outputs = squares.shape
    return squares.new_empty((n, 2 * height, 2 * width, outputs)).permute(0, 3, 1, 2)


def as_squares(picture: torch.Tensor) -> torch.Tensor:
    """A view of a picture (N, O, 2·H, 2·W) as squares (N, H, 2, W, 2, O)."""
    n, outputs, height, width = picture.shape
    return picture.permute(0, 2, 3, 1).view(n, height // 2, 2, width // 2, 2, outputs)


def _doubled(lines: torch.Tensor) -> torch.Tensor:
    """Lines (..., L + 2), enlarged by two and cropped by one enlarged pixel at each end: (..., 2·L + 2)."""
    before, after = lines[..., :-1], lines[..., 1:]
    return torch.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], dim=-1).flatten(-2)


def _line_sums(lines: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """Two lines (N, I, 2, 2·L + 2) convolved with their kernels (2, 3·I, O) → (2, N, L, 2, O)."""
    n, length = lines.shape[0], lines.shape[3] - 2
    windows = lines.unfold(3, 3, 1).permute(2, 0, 3, 4, 1).reshape(2, n * length, -1)
    return torch.bmm(windows, kernels).view(2, n, length // 2, 2, -1)
