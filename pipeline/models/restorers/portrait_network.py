"""The network of `portrait-face`: a U-Net of residual blocks that changes an aligned face of 192 px.

Residual blocks without normalisation and added skip connections follow Zhang et al., "Plug-and-Play Image Restoration
with Deep Denoiser Prior" (2021, DRUNet), pixel unshuffling for the first and last size Shi et al., "Real-Time Single
Image and Video Super-Resolution" (2016).
"""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

SIDE = 192  # pixels, of the faces that it takes and gives
SMALLEST = 28.0  # pixels, native size; smaller faces took no part in the training and are treated like this
PATCH = 4  # pixels, the side of the squares that become one position of the first level
WIDTHS = (96, 128, 128)  # channels at 48, 24 and 12 positions a side
ENCODER_BLOCKS = (2, 1, 1)
DECODER_BLOCKS = (2, 1)
SLOPE = 0.2
LEAST_CONTRAST = 0.05  # added to the standard deviation of a face's pixels, so that a plain one is not all noise
CHANGE = 0.2  # of the contrast, what an output of 1 changes


class PortraitNetwork(nn.Module):
    """Faces (N, 3, 192, 192), RGB in [0, 1], and their native sizes (N,) in px → the change (N, 3, 192, 192).

    The sum of face and change is the restored face, not clipped. `dtype`: of the layers' weights.
    """

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype
        self.first = nn.Conv2d(3 * PATCH**2 + 1, WIDTHS[0], 3, padding=1)
        pairs = list(itertools.pairwise(WIDTHS))
        self.encoder = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(blocks)))
            for width, blocks in zip(WIDTHS, ENCODER_BLOCKS, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(4 * wide, narrow, 1) for wide, narrow in pairs)
        self.up = nn.ModuleList(nn.Conv2d(narrow, 4 * wide, 1) for wide, narrow in pairs)
        self.decoder = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(blocks)))
            for width, blocks in zip(WIDTHS, DECODER_BLOCKS, strict=False)
        )
        self.last = nn.Conv2d(WIDTHS[0], 3 * PATCH**2, 3, padding=1)
        self.to(dtype)

    def forward(self, faces: torch.Tensor, native: torch.Tensor) -> torch.Tensor:
        """(N, 3, 192, 192), (N,) → (N, 3, 192, 192)."""
        # Contrast and brightness of a photo do not change what is to be restored.
        mean = faces.mean((1, 2, 3), keepdim=True)
        contrast = faces.std((1, 2, 3), keepdim=True) + LEAST_CONTRAST
        size = torch.log2(native.clamp(SMALLEST, SIDE) / SIDE).to(faces.dtype) / 2
        plane = size[:, None, None, None].expand(-1, 1, SIDE // PATCH, SIDE // PATCH)
        x = torch.cat([functional.pixel_unshuffle((faces - mean) / contrast, PATCH), plane], dim=1)
        x = self.first(x.to(self.dtype, memory_format=torch.channels_last))
        skips = []
        for encode, down in zip(self.encoder, self.down, strict=False):
            x = encode(x)
            skips.append(x)
            x = down(functional.pixel_unshuffle(x, 2))
        x = self.encoder[-1](x)
        for level in reversed(range(len(self.up))):
            x = functional.pixel_shuffle(self.up[level](x), 2) + skips.pop()
            x = self.decoder[level](x)
        change: torch.Tensor = functional.pixel_shuffle(self.last(x), PATCH).float()
        return change * (contrast * CHANGE)


class _Block(nn.Module):
    """A residual block of two convolutions: (N, width, H, W) → the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(SLOPE), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.layers(x)
        return changed + x
