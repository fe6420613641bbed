"""RetinaFace's two backbones, and the convolution that its other parts are made of too.

Layers and names as in facexlib and torchvision, whose weights they read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

import torch
from torch import nn
from torchvision.models import resnet50

Backbone: TypeAlias = Literal["resnet50", "mobile0.25"]

# What the backbone's three kept stages put out, and how many channels pyramid and heads have.
_KEPT: dict[Backbone, tuple[str, str, str]] = {
    "resnet50": ("layer2", "layer3", "layer4"),
    "mobile0.25": ("stage1", "stage2", "stage3"),
}
CHANNELS: dict[Backbone, tuple[int, int, int]] = {"resnet50": (512, 1024, 2048), "mobile0.25": (64, 128, 256)}
WIDTH: dict[Backbone, int] = {"resnet50": 256, "mobile0.25": 64}


def backbone_of(names: Collection[str]) -> Backbone | None:
    """Which backbone weights of these names belong to; None if to none that is known."""
    for backbone, kept in _KEPT.items():
        if any(name.startswith(f"body.{kept[-1]}.") for name in names):
            return backbone
    return None


class Body(nn.ModuleDict):
    """The backbone up to its last kept stage; puts out the kept ones."""

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
    """MobileNetV1 at a quarter of its width (Howard et al., 2017)."""
    stages = {
        "stage1": [(8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)],
        "stage2": [(64, 128, 2)] + 5 * [(128, 128, 1)],
        "stage3": [(128, 256, 2), (256, 256, 1)],
    }
    made = {name: nn.Sequential(*(_separable(*layer) for layer in layers)) for name, layers in stages.items()}
    made["stage1"].insert(0, convolution(3, 8, 3, 0.1, stride=2))
    return dict(made)


def convolution(inputs: int, outputs: int, side: int, slope: float | None, stride: int = 1) -> nn.Sequential:
    """Convolution and batch norm, and unless `slope` is None a leaky ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if slope is not None:
        layers.append(nn.LeakyReLU(slope, inplace=True))
    return nn.Sequential(*layers)


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Each channel on its own, then all of them at each pixel."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.LeakyReLU(0.1, inplace=True),
        *convolution(inputs, outputs, 1, 0.1),
    )
