"""RetinaFace's network: a backbone, a feature pyramid, context modules and three heads at strides 8, 16 and 32.

Deng et al., "RetinaFace: Single-stage dense face localisation in the wild" (2019); layers and names as in facexlib,
whose published weights it loads.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pipeline.models.detectors.retinaface_backbone import CHANNELS, WIDTH, Backbone, Body, convolution

STRIDES = (8, 16, 32)
ANCHORS = 2  # at each place of a level


class RetinaFaceNetwork(nn.Module):
    """BGR (1, 3, H, W), 0 … 255 minus the mean colour → for each anchor 4 box, 2 class and 10 landmark numbers.

    Anchors are ordered by level, row, column, then size; a level has ⌈H/stride⌉ × ⌈W/stride⌉ places.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        width = WIDTH[backbone]
        slope = 0.1 if width <= 64 else 0.0
        self.body = Body(backbone)
        self.fpn = _Pyramid(CHANNELS[backbone], width, slope)
        self.ssh1, self.ssh2, self.ssh3 = (_Context(width, slope) for _ in STRIDES)
        self.BboxHead, self.ClassHead, self.LandmarkHead = (_heads(width, numbers) for numbers in (4, 2, 10))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Boxes (N, 4), classes (N, 2) as logits of background and face, landmarks (N, 10)."""
        contexts = (self.ssh1, self.ssh2, self.ssh3)
        levels = [context(level) for context, level in zip(contexts, self.fpn(self.body(image)), strict=True)]
        return (
            _answers(self.BboxHead, levels, 4),
            _answers(self.ClassHead, levels, 2),
            _answers(self.LandmarkHead, levels, 10),
        )


class _Pyramid(nn.Module):
    """Feature pyramid (Lin et al., 2017): coarse features are enlarged and added to the finer ones."""

    def __init__(self, channels: tuple[int, int, int], width: int, slope: float) -> None:
        super().__init__()
        self.output1, self.output2, self.output3 = (convolution(inputs, width, 1, slope) for inputs in channels)
        self.merge1, self.merge2 = (convolution(width, width, 3, slope) for _ in range(2))

    def forward(self, levels: list[torch.Tensor]) -> list[torch.Tensor]:
        """Features (1, C, h, w) at strides 8, 16 and 32 → the same with `width` channels."""
        fine, middle, coarse = self.output1(levels[0]), self.output2(levels[1]), self.output3(levels[2])
        middle = self.merge2(middle + functional.interpolate(coarse, size=middle.shape[2:], mode="nearest"))
        fine = self.merge1(fine + functional.interpolate(middle, size=fine.shape[2:], mode="nearest"))
        return [fine, middle, coarse]


class _Context(nn.Module):
    """SSH's context module (Najibi et al., 2017): receptive fields of 3, 5 and 7 pixels, concatenated."""

    def __init__(self, width: int, slope: float) -> None:
        super().__init__()
        quarter = width // 4
        self.conv3X3 = convolution(width, width // 2, 3, None)
        self.conv5X5_1 = convolution(width, quarter, 3, slope)
        self.conv5X5_2 = convolution(quarter, quarter, 3, None)
        self.conv7X7_2 = convolution(quarter, quarter, 3, slope)
        self.conv7x7_3 = convolution(quarter, quarter, 3, None)

    def forward(self, level: torch.Tensor) -> torch.Tensor:
        """(1, width, h, w) → (1, width, h, w)."""
        once = self.conv5X5_1(level)
        views = [self.conv3X3(level), self.conv5X5_2(once), self.conv7x7_3(self.conv7X7_2(once))]
        return functional.relu(torch.cat(views, dim=1))


def _heads(width: int, numbers: int) -> nn.ModuleList:
    """For each level a 1×1 convolution that gives so many numbers for each anchor."""
    return nn.ModuleList(nn.ModuleDict({"conv1x1": nn.Conv2d(width, ANCHORS * numbers, 1)}) for _ in STRIDES)


def _answers(heads: nn.ModuleList, levels: list[torch.Tensor], numbers: int) -> torch.Tensor:
    """The outputs of the heads for all levels, (N, numbers)."""
    maps = (head["conv1x1"](level) for head, level in zip(heads, levels, strict=True))  # type: ignore[index]
    return torch.cat([answer.permute(0, 2, 3, 1).reshape(-1, numbers) for answer in maps])


def fold_batch_norms(module: nn.Module) -> None:
    """Fold each batch norm into the convolution before it, which does not change the network's output.

    The layers of a module must be registered in the order of their use, as those above and torchvision's are.
    """
    before: tuple[str, nn.Module] | None = None
    for name, layer in list(module.named_children()):
        if isinstance(layer, nn.BatchNorm2d) and before is not None and isinstance(before[1], nn.Conv2d):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], layer))
            setattr(module, name, nn.Identity())
        fold_batch_norms(layer)
        before = name, layer
