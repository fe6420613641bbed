from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.perceptual import lpips
from pipeline.models.perceptual.lpips import HEADS, PerceptualDistance
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
MAKERS = {"alex": torchvision.models.alexnet, "squeeze": torchvision.models.squeezenet1_1}
TAPS = {"alex": (1, 4, 7, 9, 11), "squeeze": (1, 4, 7, 9, 10, 11, 12)}
CHANNELS = {"alex": (64, 192, 384, 256, 256), "squeeze": (64, 128, 256, 384, 384, 512, 512)}


def checkpoint(kind: str) -> dict[str, Any]:
    """Random features, named as in torchvision's file, and a small replacement for its classifier."""
    torch.manual_seed(5)
    with torch.device("meta"):
        features = MAKERS[kind](weights=None).features
    features = features.to_empty(device="cpu")
    for tensor in features.parameters():
        torch.nn.init.normal_(tensor, 0, 0.1 if tensor.ndim == 1 else (2 / tensor[0].numel()) ** 0.5)
    state = {f"features.{name}": tensor.detach() for name, tensor in features.state_dict().items()}
    return state | {"classifier.1.weight": torch.zeros(3), "classifier.1.bias": torch.zeros(3)}


@pytest.fixture(scope="module")
def states() -> dict[str, dict[str, Any]]:
    return {kind: checkpoint(kind) for kind in MAKERS}


def unchecked() -> None:
    """The check of a run that never stops."""


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def direct(kind: str, state: dict[str, Any], first: Image, second: Image) -> float:
    """LPIPS as in the paper, on the whole picture at once."""
    with torch.device("meta"):
        features: Any = MAKERS[kind](weights=None).features
    features = features.to_empty(device="cpu").eval()
    features.load_state_dict({k[len("features.") :]: v for k, v in state.items() if k.startswith("features.")})
    heads = load_file(HEADS)
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    with torch.inference_mode():
        pair = torch.from_numpy(np.stack([first, second])) * 2 - 1
        hidden: Tensor = ((pair - shift) / scale).permute(0, 3, 1, 2)
        total = 0.0
        for index, layer in enumerate(features[: TAPS[kind][-1] + 1]):
            hidden = layer(hidden)
            if index in TAPS[kind]:
                unit = hidden / (hidden.square().sum(1, keepdim=True).sqrt() + 1e-10)
                head = heads[f"{kind}.{TAPS[kind].index(index)}"]
                total += float(((unit[0] - unit[1]).square() * head[:, None, None]).sum(0).mean())
    return total


# --- the distance ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "tile"), [((64, 64), 1024), ((31, 299), 48), ((330, 257), 128)])
@pytest.mark.parametrize("kind", MAKERS)
def test_the_distance_is_that_of_the_whole_pictures(
    states: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int], tile: int
) -> None:
    monkeypatch.setattr(lpips, "TILE", tile)
    first, second = noise(*size), np.clip(noise(*size) + 0.3 * noise(*size, seed=1), 0, 1)
    expected = direct(kind, states[kind], first, second)
    assert expected > 0.01
    found = PerceptualDistance(f"lpips-{kind}", states[kind], FP32).distance(first, second, unchecked)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", MAKERS)
def test_tiles_see_all_that_their_own_features_depend_on(kind: str) -> None:
    """The receptive field before and after a feature's place follows from kernels, strides and paddings."""
    before, after, step = 0, 0, 1
    with torch.device("meta"):
        features: Any = MAKERS[kind](weights=None).features
    for index, layer in enumerate(features[: TAPS[kind][-1] + 1]):
        window = getattr(layer, "expand3x3", layer)  # the widest of a fire module's convolutions
        if hasattr(window, "kernel_size"):
            kernel, stride, padding = (
                value if isinstance(value, int) else value[0]
                for value in (window.kernel_size, window.stride, window.padding)
            )
            before += padding * step
            after += (kernel - 1 - padding) * step
            step *= stride
        if index in TAPS[kind]:
            assert before <= lpips.BEFORE
            assert after - step < lpips.AFTER
    assert step == lpips.STEP


@pytest.mark.parametrize("length", [1, 16, 31, 47, 48, 49, 97, 511, 512, 1000, 1025])
def test_tiles_stand_for_every_place_once(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(lpips, "TILE", 48)
    places: list[int] = []
    for tile in lpips._tiles(length):
        seen = range(length)[tile.seen]
        assert seen.start % 16 == 0
        assert len(seen) <= 48 + 16 + lpips.BEFORE + lpips.AFTER
        places.extend(seen[tile.own(1)])
    assert places == list(range(length))


@pytest.mark.parametrize("kind", MAKERS)
def test_no_picture_is_too_large_for_its_tiles(
    states: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The first layer, which needs most memory, only gets single tiles with their halos."""
    monkeypatch.setattr(lpips, "TILE", 64)
    network = PerceptualDistance("lpips", states[kind], FP32)
    seen: list[int] = []
    network._layers[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0][0, 0].numel()))
    network.distance(noise(40, 700), noise(40, 700, seed=1), unchecked)
    assert len(seen) == 2 * 11
    assert max(seen) <= 40 * (64 + lpips.BEFORE + lpips.AFTER)


@pytest.mark.parametrize("kind", MAKERS)
def test_equal_pictures_have_distance_zero_and_unlike_ones_more_than_like_ones(
    states: dict[str, dict[str, Any]], kind: str
) -> None:
    network = PerceptualDistance("lpips", states[kind], FP32)
    image, other = noise(70, 80), noise(70, 80, seed=1)
    assert network.distance(image, image.copy(), unchecked) == 0.0
    near, far = network.distance(image, 0.9 * image + 0.1 * other, unchecked), network.distance(image, other, unchecked)
    assert 0 < near < far
    assert network.distance(other, image, unchecked) == pytest.approx(far, rel=1e-6)


def test_pictures_without_any_features_are_compared_too(states: dict[str, dict[str, Any]]) -> None:
    """Zero features have no direction: they count as equal to each other."""
    mute = {k: -v.abs() if k.endswith("bias") else torch.zeros_like(v) for k, v in states["alex"].items()}
    assert PerceptualDistance("lpips", mute, FP32).distance(noise(40, 40), noise(40, 40, seed=1), unchecked) == 0.0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_number_format_of_the_runtime_makes_no_difference(
    states: dict[str, dict[str, Any]], dtype: torch.dtype
) -> None:
    first, second = noise(64, 80), noise(64, 80, seed=1)
    expected = PerceptualDistance("lpips", states["squeeze"], FP32).distance(first, second, unchecked)
    half = PerceptualDistance("lpips", states["squeeze"], replace(FP32, dtype=dtype))
    assert half.distance(first, second, unchecked) == expected


def test_pictures_and_weights_are_not_written(states: dict[str, dict[str, Any]]) -> None:
    before = {name: tensor.clone() for name, tensor in states["alex"].items()}
    first, second = noise(64, 64), noise(64, 64, seed=1)
    copies = first.copy(), second.copy()
    first.flags.writeable = second.flags.writeable = False
    PerceptualDistance("lpips", states["alex"], FP32).distance(first, second, unchecked)
    assert np.array_equal(first, copies[0])
    assert np.array_equal(second, copies[1])
    assert all(torch.equal(tensor, before[name]) for name, tensor in states["alex"].items())


@pytest.mark.parametrize(("kind", "smallest"), [("alex", 31), ("squeeze", 17)])
def test_pictures_too_small_for_the_network_fail_with_a_sentence(
    states: dict[str, dict[str, Any]], kind: str, smallest: int
) -> None:
    network = PerceptualDistance(f"lpips-{kind}", states[kind], FP32)
    assert network.smallest_side == smallest
    assert network.distance(noise(smallest, smallest), noise(smallest, smallest, seed=1), unchecked) > 0
    for size in [(smallest - 1, 300), (300, smallest - 1), (1, 1)]:
        with pytest.raises(StageFailed, match=rf"lpips-{kind} .* {smallest} pixels"):
            network.distance(noise(*size), noise(*size, seed=1), unchecked)


def test_pictures_of_two_sizes_fail_with_a_sentence(states: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(StageFailed, match="one size"):
        PerceptualDistance("lpips", states["alex"], FP32).distance(noise(64, 64), noise(64, 65), unchecked)


# --- files -------------------------------------------------------------------------------------------------------


def squeezenet_1_0() -> dict[str, Any]:
    with torch.device("meta"):
        network = torchvision.models.squeezenet1_0(weights=None)
    return dict(network.to_empty(device="cpu").state_dict())


@pytest.mark.parametrize(
    "change",
    [
        lambda states: {},
        lambda states: {"state_dict": states["alex"]},
        lambda states: {k: v for k, v in states["alex"].items() if k != "features.10.bias"},
        lambda states: {k: v for k, v in states["squeeze"].items() if k != "features.12.expand3x3.weight"},
        lambda states: states["alex"] | states["squeeze"],
        lambda states: states["alex"] | {"features.0.weight": torch.zeros(64, 3, 3, 3)},
        lambda states: states["alex"] | {"features.0.weight": 5},
        lambda states: states["alex"] | {"features.99.weight": torch.zeros(1)},
        lambda states: squeezenet_1_0(),
    ],
    ids=["empty", "nested", "cut", "cut squeeze", "both", "shape", "number", "surplus", "squeezenet 1.0"],
)
def test_other_weights_are_refused_by_name(
    states: dict[str, dict[str, Any]], change: Callable[[dict[str, dict[str, Any]]], dict[str, Any]]
) -> None:
    with pytest.raises(ModelUnavailable, match=r"^lpips: ") as caught:
        PerceptualDistance("lpips", change(states), FP32)
    assert caught.value.stage == "models"


def test_the_shipped_heads_fit_both_networks() -> None:
    heads = load_file(HEADS)
    for kind, channels in CHANNELS.items():
        assert [tuple(heads[f"{kind}.{i}"].shape) for i in range(len(channels))] == [(count,) for count in channels]
    assert len(heads) == 12
    assert all(head.dtype == torch.float32 and (head >= 0).all() for head in heads.values())
    assert HEADS.stat().st_size < 20_000


def test_other_heads_are_refused_unread(
    states: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lpips, "HEADS", tmp_path / "heads.safetensors")
    with pytest.raises(ModelUnavailable, match=r"lpips: .*heads\.safetensors cannot be read"):
        PerceptualDistance("lpips", states["alex"], FP32)
    changed = bytearray(HEADS.read_bytes())
    changed[-1] ^= 1
    lpips.HEADS.write_bytes(changed)
    with pytest.raises(ModelUnavailable, match=rf"heads\.safetensors has SHA-256 .*, expected {lpips.HEADS_SHA256}"):
        PerceptualDistance("lpips", states["alex"], FP32)
