"""Adapter for LPIPS (Zhang et al., 2018): the perceptual distance of two pictures, from a network's features.

The backbone is torchvision's AlexNet or SqueezeNet 1.1. The linear heads (version 0.1), which weight its features, are
those of the package `lpips` 0.1.4 and ship with this code, see NOTICE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torchvision
from safetensors.torch import load as load_safetensors

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.catalogue.weights import EMBEDDED_DIR, checked_bytes
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import FloatArray, Image

HEADS = EMBEDDED_DIR / "lpips-heads.safetensors"
HEADS_SHA256 = "8a9e3e813aaa3d938564f446f4da459aeb3a9f90d8cdb73a80bdf846f9cb6219"

# The published scaling layer: from an image in [-1, 1] it subtracts SHIFT, and divides by SCALE.
SHIFT: FloatArray = np.array([-0.030, -0.088, -0.188], dtype=np.float32)
SCALE: FloatArray = np.array([0.458, 0.448, 0.450], dtype=np.float32)
EPSILON = 1e-10  # against division by zero for a pixel without features

# A photo is computed in tiles, which limits memory: 12 megapixels take 3 GB for SqueezeNet at once and 0.4 GB in tiles,
# and on two cores no more time. Each tile has a halo that covers the receptive field, at most 88 px before (SqueezeNet)
# and 112 px after (AlexNet) the tile, so that its features are exact; features of the halo are not counted.
TILE = 1024  # pixels
STEP = 16  # pixels: stride of the last features, of which tile borders are multiples
BEFORE, AFTER = 96, 128  # pixels of halo


@dataclass(frozen=True, slots=True)
class _Backbone:
    """`taps`: index of a layer whose output is compared → its stride in pixels. `smallest_side`: in pixels."""

    heads: str
    make: Callable[..., torch.nn.Module]
    taps: Mapping[int, int]
    smallest_side: int


ALEXNET = _Backbone("alex", torchvision.models.alexnet, {1: 4, 4: 8, 7: 16, 9: 16, 11: 16}, 31)
SQUEEZENET = _Backbone(
    "squeeze", torchvision.models.squeezenet1_1, {1: 2, 4: 4, 7: 8, 9: 16, 10: 16, 11: 16, 12: 16}, 17
)


class PerceptualDistance:
    """LPIPS 0.1 on torchvision's checkpoint of AlexNet or SqueezeNet 1.1, whichever `state_dict` holds.

    Computes in float32 whatever the runtime's number format: the distance must not depend on the machine.
    Raises `ModelUnavailable` if the state dict is neither network's, or the heads are not those that ship.
    """

    working_bytes = 480 * 2**20  # with AlexNet, of photos of any size, measured by `bench.model_memory`

    def __init__(self, name: str, state_dict: Mapping[str, Any], runtime: Runtime) -> None:
        self.name = name
        self._runtime = runtime
        self._backbone = SQUEEZENET if any(".squeeze." in key for key in state_dict) else ALEXNET
        self.smallest_side = self._backbone.smallest_side
        try:
            with torch.device("meta"):  # skips the random initial weights
                features: Any = self._backbone.make(weights=None).features
            features = features.to_empty(device="cpu")
            prefix = "features."
            features.load_state_dict({k.removeprefix(prefix): v for k, v in state_dict.items() if k.startswith(prefix)})
        except Exception as error:  # missing or surplus weights, wrong shapes, no tensors: different exceptions
            message = f"{name}: the file holds neither AlexNet nor SqueezeNet 1.1 as torchvision publishes them."
            raise ModelUnavailable(message, stage="models") from error
        self._layers = runtime.prepare(features[: max(self._backbone.taps) + 1], torch.float32)
        heads = _read_heads(name)
        self._heads = [heads[f"{self._backbone.heads}.{i}"].to(runtime.device) for i in range(len(self._backbone.taps))]

    def distance(self, first: Image, second: Image, check: Callable[[], None]) -> float:
        """The distance of two images (H, W, 3), RGB in [0, 1]: exactly 0 for equal ones, about 1 for unlike ones.

        `check` is called before each tile and may raise.

        Raises `StageFailed` for images of different shapes or with a side under the network's smallest input (31 px
        for AlexNet, 17 px for SqueezeNet), and `DeviceOutOfMemory`.
        """
        if first.shape != second.shape:
            raise StageFailed(f"LPIPS compares pictures of one size, not {first.shape} and {second.shape}.")
        if min(first.shape[:2]) < self.smallest_side:
            raise StageFailed(f"{self.name} needs pictures of at least {self.smallest_side} pixels each way.")
        if np.array_equal(first, second):
            return 0.0
        sums = torch.zeros(len(self._heads), dtype=torch.float64, device=self._runtime.device)
        counts = torch.zeros_like(sums)
        with self._runtime.inference():
            for rows in _tiles(first.shape[0]):
                for columns in _tiles(first.shape[1]):
                    check()
                    self._compare(first, second, rows, columns, sums, counts)
            return float((sums / counts).sum())

    def _compare(
        self, first: Image, second: Image, rows: _Span, columns: _Span, sums: torch.Tensor, counts: torch.Tensor
    ) -> None:
        """Add one tile's weighted squared differences to `sums` and their number to `counts`, both (taps,)."""
        a, b = (self._tensor(image[rows.seen, columns.seen]) for image in (first, second))
        tap = 0
        for index, layer in enumerate(self._layers.children()):
            a = layer(a)  # one picture at a time; features of earlier layers are freed
            b = layer(b)
            if index in self._backbone.taps:
                step = self._backbone.taps[index]
                own = (..., rows.own(step), columns.own(step))
                for part_a, part_b in zip(a[own].split(32, dim=2), b[own].split(32, dim=2), strict=True):
                    difference = (_unit(part_a) - _unit(part_b)).square_()
                    sums[tap] += (difference.permute(0, 2, 3, 1) @ self._heads[tap]).sum(dtype=torch.float64)
                    counts[tap] += difference[:, 0].numel()
                tap += 1

    def _tensor(self, image: Image) -> torch.Tensor:
        """An image (h, w, 3) in [0, 1] → the backbone's input (1, 3, h, w)."""
        scaled = (image * np.float32(2) - np.float32(1) - SHIFT) / SCALE
        return torch.from_numpy(scaled).permute(2, 0, 1)[None].to(self._runtime.device)


@dataclass(frozen=True, slots=True)
class _Span:
    """A tile along one axis: its own pixels `start` to `stop` (None: the end), and with its halo `seen`."""

    start: int
    stop: int | None
    seen: slice

    def own(self, step: int) -> slice:
        """The tile's own features, without those of the halo, in a layer with a stride of `step` pixels."""
        offset = self.seen.start // step
        return slice(self.start // step - offset, None if self.stop is None else self.stop // step - offset)


def _tiles(length: int) -> Iterator[_Span]:
    """Tiles of about equal length; each pixel belongs to exactly one."""
    share = -(-length // -(-length // TILE))
    side = -(-share // STEP) * STEP
    for start in range(0, length, side):
        stop = start + side if start + side < length else None
        yield _Span(start, stop, slice(max(0, start - BEFORE), None if stop is None else stop + AFTER))


def _unit(features: torch.Tensor) -> torch.Tensor:
    """Features (1, C, h, w), normalised over the channels at each pixel."""
    lengths: torch.Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / (lengths + EPSILON)


def _read_heads(name: str) -> dict[str, torch.Tensor]:
    """The linear heads: `alex.0` … `alex.4` and `squeeze.0` … `squeeze.6`, each (channels,) float32."""
    return load_safetensors(checked_bytes(name, HEADS, HEADS_SHA256))
