"""LPIPS against the package `lpips`, with the same random backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.models.perceptual import lpips
from pipeline.models.perceptual.lpips import HEADS, PerceptualDistance
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image
from tests.parity.published import published

package = published("lpips")

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
NETS = ("alex", "squeeze")


def unchecked() -> None:
    """The check of a run that never stops."""


@pytest.fixture(scope="module", params=NETS)
def theirs(request: pytest.FixtureRequest) -> Any:
    """The published heads on a random backbone."""
    torch.manual_seed(1)
    network = package.LPIPS(net=request.param, pnet_rand=True, verbose=False).requires_grad_(False)
    for name, tensor in network.net.named_parameters():
        if name.endswith("bias"):
            tensor.normal_(0, 0.1)
        else:
            torch.nn.init.kaiming_normal_(tensor)
    return network


@pytest.fixture(scope="module")
def ours(theirs: Any) -> PerceptualDistance:
    """The same weights under torchvision's names, without the slices of `lpips`."""
    state = {f"features.{name.split('.', 1)[1]}": tensor for name, tensor in theirs.net.state_dict().items()}
    return PerceptualDistance("lpips", state, FP32)


def published_distance(theirs: Any, first: Image, second: Image) -> float:
    tensors = (torch.from_numpy(image.copy()).permute(2, 0, 1)[None] for image in (first, second))
    with torch.inference_mode():
        return float(theirs(*tensors, normalize=True))


@pytest.mark.parametrize("size", [(64, 64), (31, 40), (65, 97), (333, 251)])
@pytest.mark.parametrize("change", [0.02, 0.5])
def test_the_distance_is_that_of_the_package(
    ours: PerceptualDistance, theirs: Any, size: tuple[int, int], change: float
) -> None:
    rng = np.random.default_rng(0)
    first = rng.random((*size, 3), dtype=np.float32)
    second = np.clip(first + change * rng.standard_normal((*size, 3), dtype=np.float32), 0, 1)
    expected = published_distance(theirs, first, second)
    assert expected > 1e-4
    assert ours.distance(first, second, unchecked) == pytest.approx(expected, rel=1e-5)


def test_a_photo_in_tiles_has_the_distance_of_the_package(
    ours: PerceptualDistance, theirs: Any, astronaut: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lpips, "TILE", 160)
    degraded = np.clip(astronaut + np.random.default_rng(0).normal(0, 0.1, astronaut.shape), 0, 1).astype(np.float32)
    first, second = astronaut[:501, :475], degraded[:501, :475]
    assert ours.distance(first, second, unchecked) == pytest.approx(published_distance(theirs, first, second), rel=1e-5)


@pytest.mark.parametrize("net", NETS)
def test_the_shipped_heads_are_those_of_the_package(net: str) -> None:
    heads = load_file(HEADS)
    published_heads = package.LPIPS(net=net, pnet_rand=True, verbose=False).lins
    assert len(published_heads) == sum(name.startswith(net) for name in heads)
    for index, head in enumerate(published_heads):
        assert torch.equal(head.model[-1].weight.flatten(), heads[f"{net}.{index}"])
