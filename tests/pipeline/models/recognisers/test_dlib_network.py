from __future__ import annotations

import pytest
import torch

from pipeline.models.recognisers.dlib_network import BLOCKS, MEAN_RGB, DlibNetwork


@pytest.fixture(scope="module")
def network() -> DlibNetwork:
    torch.manual_seed(0)
    return DlibNetwork().eval().requires_grad_(False)


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


def test_it_has_dlibs_29_convolutions_and_5_6_million_weights(network: DlibNetwork) -> None:
    convolutions = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 29 == 1 + 2 * len(BLOCKS)
    assert sum(tensor.numel() for tensor in network.state_dict().values()) == 5_607_488


def test_each_face_becomes_128_numbers_whatever_is_beside_it(network: DlibNetwork) -> None:
    faces = noise(3, 3, 150, 150)
    together = network(faces)
    assert together.shape == (3, 128)
    assert (together[0] - together[1]).abs().max() > 1e-4
    assert (together - torch.cat([network(face[None]) for face in faces])).abs().max() < 1e-6


def test_the_first_convolution_sees_the_mean_colour_as_zero(network: DlibNetwork) -> None:
    seen: list[torch.Tensor] = []
    handle = network.stem.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network(torch.tensor(MEAN_RGB).reshape(1, 3, 1, 1).expand(1, 3, 150, 150) / 255)
    network(torch.ones(1, 3, 150, 150))
    handle.remove()
    assert seen[0].abs().max() < 1e-6
    assert torch.allclose(seen[1][0, :, 0, 0], (255 - torch.tensor(MEAN_RGB)) / 256)


def test_a_block_that_keeps_the_size_adds_what_it_changes(network: DlibNetwork) -> None:
    block = network.blocks[0]
    features = noise(1, 32, 6, 6) - 0.5
    expected = torch.relu(block.second(torch.relu(block.first(features))) + features)
    assert torch.equal(block(features), expected)


@pytest.mark.parametrize(("side", "changed", "pooled"), [(8, 3, 4), (35, 17, 17), (17, 8, 8), (4, 1, 2)])
def test_a_block_that_halves_adds_zeros_where_one_of_the_two_is_smaller(
    network: DlibNetwork, side: int, changed: int, pooled: int
) -> None:
    """The branch may lack the last row and column, and the shortcut half of the channels."""
    block = network.blocks[3]
    features = noise(1, 32, side, side)
    found = block(features)
    assert found.shape == (1, 64, pooled, pooled)
    expected = torch.zeros(1, 64, pooled, pooled)
    expected[:, :32] += torch.nn.functional.avg_pool2d(features, 2)
    inner = block.second(torch.relu(block.first(features)))
    assert inner.shape[2:] == (changed, changed)
    expected[:, :, :changed, :changed] += inner
    assert torch.allclose(found, torch.relu(expected), atol=1e-6)
