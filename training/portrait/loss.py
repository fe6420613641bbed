"""The loss: restored crops against sharp ones, in pixels, edges, colour, identity and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.models.restorers.portrait_network import SIDE
from training.portrait.judges import CompactFeatures, Recogniser, relative

PATCH = 96  # pixels, of the piece that compact-x4's features are compared in


@dataclass(frozen=True)
class Weights:
    """Of the parts beside `pixels`, which counts once."""

    edges: float = 0.5
    features: float = 0.5
    identity: float = 1.0
    colour: float = 0.05


class Losses:
    """The parts of the loss that compare restored with sharp crops, all (N, 3, 192, 192) in [0, 1]."""

    def __init__(self, compiled: bool = True) -> None:
        self.recogniser = prepared(Recogniser(), compiled)
        self.compact = prepared(CompactFeatures(), compiled)

    def __call__(
        self, restored: Tensor, sharp: Tensor, generator: torch.Generator, judge_every: int = 1
    ) -> dict[str, Tensor]:
        """Scalars by name. The networks judge (`identity` and `features`) one of so many crops; with 0 none."""
        parts = simple_parts(restored, sharp)
        if not judge_every:
            return parts
        restored, sharp = restored[::judge_every], sharp[::judge_every]
        shift = torch.randn(2, generator=generator) * 1.5
        y, x = (int(value) for value in torch.randint(0, SIDE - PATCH + 1, (2,), generator=generator))
        y, x = y // 2 + (SIDE - PATCH) // 4, x // 2 + (SIDE - PATCH) // 4  # near the middle, where the face is
        patch = (..., slice(y, y + PATCH), slice(x, x + PATCH))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                wanted, wanted_features = self.recogniser(sharp, shift)
                wanted_compact = self.compact(sharp[patch].contiguous(memory_format=torch.channels_last))
            found, found_features = self.recogniser(restored, shift)
            found_compact = self.compact(restored[patch].contiguous(memory_format=torch.channels_last))
        parts["identity"] = 1 - (found * wanted).sum(1).mean()
        parts["features"] = relative(found_features, wanted_features) + relative(found_compact, wanted_compact)
        return parts


def simple_parts(restored: Tensor, sharp: Tensor) -> dict[str, Tensor]:
    """`pixels`, `edges` and `colour` of crops (N, 3, H, W)."""
    difference = restored - sharp
    # Logarithms, because a face that is hardly worn must count as much as one that cannot be restored: with mean
    # errors the latter, which nothing can be learned from, drown the others.
    return {
        "pixels": (difference.square().mean((1, 2, 3)) + 1e-6).log().mean() / 2,
        "edges": sum((difference.diff(dim=axis).square().mean((1, 2, 3)) + 1e-6).log().mean() for axis in (2, 3)) / 4,
        "colour": difference.mean((2, 3)).abs().mean() * 255,
    }


def prepared(network: nn.Module, compiled: bool) -> Any:
    """The network in the memory format that is fastest, compiled if wanted: half the time, after a minute."""
    network.to(memory_format=torch.channels_last)
    return torch.compile(network) if compiled else network


def total(parts: dict[str, Tensor], weights: Weights) -> Tensor:
    """The weighted sum of the parts that are there, without the adversarial one."""
    value = parts["pixels"]
    for name in ("edges", "features", "identity", "colour"):
        if name in parts:
            value = value + getattr(weights, name) * parts[name]
    return value
