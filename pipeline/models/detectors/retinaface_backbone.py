"""RetinaFace's two backbones, and the convolution block that all its parts use.

Layers and names as in facexlib and torchvision, whose weights they load.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

import torch
from torch import nn
from torchvision.models import resnet50

Backbone: TypeAlias = Literal["resnet50", "mobile0.25"]

# The backbone's three stages whose outputs are used, their channels, and the channels of pyramid and heads.
_KEPT: dict[Backbone, tuple[str, str, str]] = {
    "resnet50": ("layer2", "layer3", "layer4"),
    "mobile0.25": ("stage1", "stage2", "stage3"),
}
CHANNELS: dict[Backbone, tuple[int, int, int]] = {"resnet50": (512, 1024, 2048), "mobile0.25": (64, 128, 256)}
WIDTH: dict[Backbone, int] = {"resnet50": 256, "mobile0.25": 64}


def backbone_of(names: Collection[str]) -> Backbone | None:
    """The backbone whose weights have these names; None if it is unknown."""
    for backbone, kept in _KEPT.items():
        if any(name.startswith(f"body.{kept[-1]}.") for name in names):
            return backbone
    return None


class Body(nn.ModuleDict):
    """The backbone up to its last used stage. Outputs the features of the three used stages."""

    def __init__(self, backbone: Backbone) -> None:
        layers = dict(resnet50(weights=None).named_children()) if backbone == "resnet50" else _mobilenet()
        super().__init__({name: layer for name, layer in layers.items() if name not in ("avgpool", "fc")})
        self._kept = _KEPT[backbone]

    def forward(self, hidden: torch.Tensor) -> list[torch.Tensor]:
        """BGR (1, 3, H, W) → features (1, C, ⌈H/stride⌉, ⌈W/stride⌉) at strides 8, 16 and 32."""
        levels = []
        for name, layer in self.items():
            hidden = layer(hidden)
            if name in self._kept:
                levels.append(hidden)
        return levels


def _mobilenet() -> dict[str, nn.Module]:
    """The stages of MobileNetV1 at width 0.25 (Howard et al., 2017)."""
    stages = {
        "stage1": [(8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)],
        "stage2": [(64, 128, 2)] + 5 * [(128, 128, 1)],
        "stage3": [(128, 256, 2), (256, 256, 1)],
    }
    made = {name: nn.Sequential(*(_separable(*layer) for layer in layers)) for name, layers in stages.items()}
    made["stage1"].insert(0, convolution(3, 8, 3, 0.1, stride=2))
    return dict(made)


def convolution(inputs: int, outputs: int, side: int, slope: float | None, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, and a leaky ReLU unless `slope` is None; the size is divided by `stride`."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if slope is not None:
        layers.append(nn.LeakyReLU(slope, inplace=True))
    return nn.Sequential(*layers)


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A depthwise separable convolution: 3 × 3 for each channel, then 1 × 1 over the channels."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.LeakyReLU(0.1, inplace=True),
        *convolution(inputs, outputs, 1, 0.1),
    )
