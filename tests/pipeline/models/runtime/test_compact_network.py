from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from spandrel.architectures.ESRGAN import ESRGAN

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.compact_network import CompactNetwork
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image
from tests.pipeline.models.compact import direct, network, noise, without_difference

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)


def psnr(first: Image, second: Image) -> float:
    return -10 * math.log10(float(np.mean((first - second) ** 2)))


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("size", [(24, 31), (1, 1), (3, 7)])
def test_the_output_is_that_of_spandrels_network(scale: int, size: tuple[int, int]) -> None:
    net, image = network(scale), noise(*size)
    expected = direct(net, image)
    assert np.abs(expected - image.repeat(scale, 0).repeat(scale, 1)).mean() > 1e-3  # the weights matter
    (found,) = CompactNetwork("net", net.state_dict(), FP32).enlarge([image])
    assert found.shape == (size[0] * scale, size[1] * scale, 3)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize("scale", [2, 4])
def test_bf16_is_close_to_the_full_precision(scale: int) -> None:
    net, image = network(scale), noise(40, 50)
    (found,) = CompactNetwork("net", net.state_dict(), BF16).enlarge([image])
    assert psnr(found, direct(net, image)) >= 45


def test_bf16_repeats_pixels_exactly_where_the_network_adds_nothing() -> None:
    image = noise(20, 30)
    (found,) = CompactNetwork("net", without_difference(2).state_dict(), BF16).enlarge([image])
    assert np.array_equal(found, image.repeat(2, 0).repeat(2, 1))


def test_a_batch_is_as_its_pictures_one_by_one() -> None:
    loaded = CompactNetwork("net", network(2).state_dict(), FP32)
    images = [noise(10, 12, seed) for seed in range(3)]
    for together, image in zip(loaded.enlarge(images), images, strict=True):
        assert np.abs(together - loaded.enlarge([image])[0]).max() < 1e-6


@pytest.mark.parametrize("layout", ["params", "params_ema", "plain"])
def test_weights_are_found_where_published_files_keep_them(layout: str) -> None:
    state = network(4).state_dict()
    loaded = CompactNetwork("net", state if layout == "plain" else {layout: state}, FP32)
    assert loaded.scale == 4


@pytest.mark.parametrize("convolutions", [2, 8])
def test_the_receptive_radius_is_how_far_a_pixel_makes_a_difference(convolutions: int) -> None:
    """One pixel for each convolution. The last ones add so little that rounding may hide them."""
    loaded = CompactNetwork("net", network(2, convolutions=convolutions).state_dict(), FP32)
    image = noise(1, 60)
    changed = image.copy()
    changed[0, 0] = 1 - changed[0, 0]
    first, second = loaded.enlarge([image])[0], loaded.enlarge([changed])[0]
    seen = np.flatnonzero(np.abs(first - second).max(axis=(0, 2)))
    assert loaded.receptive_radius == convolutions + 2
    assert loaded.receptive_radius - 2 <= seen.max() // 2 <= loaded.receptive_radius


def test_the_weights_given_are_not_changed() -> None:
    state = network(2).state_dict()
    before = {name: tensor.clone() for name, tensor in state.items()}
    CompactNetwork("net", state, BF16).enlarge([noise(8, 8)])
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.items())
    assert all(tensor.dtype == torch.float32 for tensor in state.values())


def test_another_kind_of_network_is_refused_by_name() -> None:
    other = ESRGAN(num_filters=8, num_blocks=1, scale=4)
    with pytest.raises(ModelUnavailable, match=r"net: .*ESRGAN") as caught:
        CompactNetwork("net", other.state_dict(), FP32)
    assert caught.value.stage == "models"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"weight": torch.zeros(3)},
        {"params": 5},
        {"body.0.weight": torch.zeros(8, 3, 3, 3), "body.1.weight": torch.zeros(8)},
    ],
    ids=["empty", "unknown", "number", "cut"],
)
def test_what_is_no_network_is_refused_by_name(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ModelUnavailable, match="net: "):
        CompactNetwork("net", state, FP32)
