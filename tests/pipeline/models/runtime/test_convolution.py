from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from pipeline.models.runtime import convolution
from pipeline.models.runtime.convolution import Convolution, join_activations, pack_convolutions, packs

FORMATS = [torch.float32, torch.bfloat16]


def made(dtype: torch.dtype, *, side: int = 3, slope: float | None = None, padding: int | None = None) -> Convolution:
    torch.manual_seed(0)
    return Convolution(torch.randn(8, 4, side, side), torch.randn(8), dtype=dtype, slope=slope, padding=padding)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 4, 20, 13, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("slope", [None, 0.2])
@pytest.mark.parametrize(("side", "padding"), [(1, None), (3, None), (3, 0), (5, None)])
def test_packed_is_the_same_function(
    dtype: torch.dtype, side: int, slope: float | None, padding: int | None, x: torch.Tensor
) -> None:
    layer, plain = (made(dtype, side=side, slope=slope, padding=padding) for _ in range(2))
    layer.pack()
    layer.pack()  # once more changes nothing
    x = x.to(dtype).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        found, expected = layer(x), plain(x)
    wanted = functional.conv2d(x.float(), plain.weight.float(), plain.bias.float(), padding=plain.padding)
    if slope is not None:
        wanted = functional.leaky_relu(wanted, slope)
    assert found.shape == expected.shape == wanted.shape
    assert found.dtype == dtype
    tolerance = 0.05 if dtype == torch.bfloat16 else 1e-4
    for result in (found, expected):
        torch.testing.assert_close(result.float(), wanted, rtol=tolerance / 5, atol=tolerance)


def test_packing_gives_the_weights_up_where_it_is_of_use() -> None:
    layer = made(torch.float32)
    layer.pack()
    assert (layer.weight is None) == packs(torch.float32)


def test_without_onednn_all_goes_on(monkeypatch: pytest.MonkeyPatch, x: torch.Tensor) -> None:
    monkeypatch.setattr(convolution.platform, "machine", lambda: "riscv64")
    layer = made(torch.float32, slope=0.1)
    before = layer(x)
    pack_convolutions(nn.Sequential(layer))
    assert torch.equal(layer(x), before)
    assert layer.weight is not None


def test_a_torch_without_the_operators_packs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "_ONEDNN", object())
    assert not packs(torch.float32)


def test_half_precision_is_packed_only_where_onednn_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not packs(torch.float16)
    monkeypatch.setattr(convolution._ONEDNN, "_is_mkldnn_bf16_supported", lambda: False)
    assert not packs(torch.bfloat16)


def test_activations_are_joined_where_they_follow(x: torch.Tensor) -> None:
    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(8, 8, 3, padding=1)
            self.activation = nn.LeakyReLU(0.3)  # adjacent only by name: it need not be called after the convolution

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.one(self.activation(x))

    torch.manual_seed(0)

    class Mine(nn.Conv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 2

    odd = [
        Mine(8, 8, 3, padding=1),
        nn.Conv2d(8, 8, 3, padding=1, stride=2),
        nn.Conv2d(8, 8, 3, padding=1, groups=2),
        nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(8, 8, 3, padding=2, dilation=2),
        nn.Conv2d(8, 8, (1, 3), padding=(0, 1)),
        nn.Conv2d(8, 8, 2),
    ]
    network = nn.Sequential(
        nn.Conv2d(4, 8, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.LeakyReLU(0.5),
        nn.Sequential(nn.Conv2d(8, 8, 1), nn.PReLU(8), Inner(), nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1)])[0]),
        nn.LeakyReLU(0.1),
        *odd,
    )
    expected = network(x)
    join_activations(network)
    kinds = [type(layer) for layer in network]
    assert kinds[:2] == [Convolution, nn.Identity]
    assert kinds[2] is nn.LeakyReLU  # the second one in a row
    assert kinds[4] is nn.LeakyReLU  # after a group: not a neighbour of the convolution
    assert kinds[5:] == [type(layer) for layer in odd]
    assert sum(isinstance(layer, Convolution) for layer in network.modules()) == 4
    torch.testing.assert_close(network(x), expected)
    pack_convolutions(network)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-4)
