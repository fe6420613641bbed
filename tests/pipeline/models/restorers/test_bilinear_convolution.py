from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.models.restorers.bilinear_convolution import BilinearConvolution, as_squares, interleaved


def picture(squares: torch.Tensor) -> torch.Tensor:
    result = interleaved(squares)
    as_squares(result).copy_(squares)
    return result


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)),
    outputs=st.integers(1, 6),
    side=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**31),
)
def test_it_is_the_enlargement_and_then_the_convolution(
    shape: tuple[int, int, int, int], outputs: int, side: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator)
    scale = torch.randn((shape[0], shape[1], 1, 1), generator=generator)
    weight = torch.randn((outputs, shape[1], side, side), generator=generator)
    layer = BilinearConvolution(weight, torch.float32)
    for given_scale, seen in ((None, x), (scale, x * scale)):
        enlarged = functional.interpolate(seen, scale_factor=2, mode="bilinear", align_corners=False)
        expected = functional.conv2d(enlarged, weight, padding=side // 2)
        with torch.inference_mode():
            found = picture(layer(x, given_scale))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packed_too(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 16, 12, 20), torch.randn(32, 16, 3, 3)
    expected = functional.conv2d(functional.interpolate(x, scale_factor=2, mode="bilinear"), weight, padding=1)
    layer = BilinearConvolution(weight, dtype)
    layer.phases.pack()
    with torch.inference_mode():
        found = picture(layer(x.to(dtype)))
    assert found.dtype == dtype
    assert found.is_contiguous(memory_format=torch.channels_last)
    error = (found.float() - expected).square().mean() / expected.square().mean()
    assert error < (1e-4 if dtype == torch.bfloat16 else 1e-10)  # 40 and 100 dB


@pytest.mark.parametrize("side", [2, 5])
def test_kernels_of_other_sizes_are_refused(side: int) -> None:
    with pytest.raises(ValueError, match=f"{side} pixels"):
        BilinearConvolution(torch.zeros(1, 1, side, side), torch.float32)


def test_squares_are_a_view_of_the_picture() -> None:
    shown = torch.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    squares = as_squares(shown)
    assert squares.shape == (2, 2, 2, 3, 2, 3)
    assert squares[1, 1, 0, 2, 1, 2] == shown[1, 2, 2, 5]
