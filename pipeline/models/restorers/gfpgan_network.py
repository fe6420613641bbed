"""GFPGAN's network, from the published weights and rearranged for speed.

Wang et al., "Towards Real-World Blind Face Restoration with Generative Facial Prior" (2021), in its version without
custom operators (v1.3, v1.4). Two steps are computed differently, with the same result:

- A style multiplies the input of its convolution, and the demodulation the output (Karras et al., "Analyzing and
  Improving the Image Quality of StyleGAN", 2020, equation 3, rearranged). The published code multiplies the weights
  instead, which then differ for each face of a batch.
- Bilinear enlargement and the convolution after it are one convolution at the small size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import torch
from torch.nn import functional

from pipeline.models.restorers.bilinear_convolution import BilinearConvolution, as_squares, interleaved
from pipeline.models.runtime.convolution import Convolution

LEVELS = 7  # of side 8, 16 … 512 px
SLOPE = 0.2
EPSILON = 1e-8

UNUSED = ("toRGB.", "stylegan_decoder.style_mlp.")  # for training, and for sampling random faces

Tensors: TypeAlias = dict[str, torch.Tensor]


class GfpganNetwork(torch.nn.Module):
    """Faces (N, 3, 512, 512) in [-1, 1] → restored faces, about [-1, 1], float32.

    `published` has the tensors by their published names; the large layers compute in `dtype`. The noise is the stored
    one. Raises `KeyError`, `ValueError`, `TypeError` or `RuntimeError` if a tensor is missing, surplus or misshapen.
    """

    def __init__(self, published: Mapping[str, torch.Tensor], dtype: torch.dtype) -> None:
        super().__init__()
        tensors = {name: tensor for name, tensor in published.items() if not name.startswith(UNUSED)}
        self.first = _convolution(tensors, "conv_body_first", dtype)
        self.down = torch.nn.ModuleList(_Down(tensors, f"conv_body_down.{i}", dtype) for i in range(LEVELS))
        self.final = _convolution(tensors, "final_conv", dtype)
        self.latents = _linear(tensors, "final_linear", dtype)
        self.up = torch.nn.ModuleList(_Up(tensors, f"conv_body_up.{i}", dtype) for i in range(LEVELS))
        self.scales = torch.nn.ModuleList(_condition(tensors, f"condition_scale.{i}", dtype) for i in range(LEVELS))
        self.shifts = torch.nn.ModuleList(_condition(tensors, f"condition_shift.{i}", dtype) for i in range(LEVELS))
        decoder = "stylegan_decoder"
        self.constant = _fixed(tensors.pop(f"{decoder}.constant_input.weight"))
        names = [f"{decoder}.style_conv1", *(f"{decoder}.style_convs.{i}" for i in range(2 * LEVELS))]
        noises = [tensors.pop(f"{decoder}.noises.noise{i}") for i in range(len(names))]
        self.styled = torch.nn.ModuleList(
            _Styled(tensors, name, noise, dtype, enlarge=index % 2 == 1)
            for index, (name, noise) in enumerate(zip(names, noises, strict=True))
        )
        colours = [f"{decoder}.to_rgb1", *(f"{decoder}.to_rgbs.{i}" for i in range(LEVELS))]
        self.colours = torch.nn.ModuleList(_Colours(tensors, name) for name in colours)
        if tensors:
            raise ValueError(f"{len(tensors)} tensors are not GFPGAN's, the first of them {next(iter(tensors))}")

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """(N, 3, 512, 512), RGB in [-1, 1] → (N, 3, 512, 512)."""
        x = self.first(faces)
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.final(x)
        latents = self.latents(x.flatten(1)).float().unflatten(1, (2 * LEVELS + 2, -1)).unbind(1)
        conditions: list[tuple[torch.Tensor, torch.Tensor]] = []
        for up, to_scale, to_shift in zip(self.up, self.scales, self.shifts, strict=True):
            x = up(x + skips.pop())
            conditions.insert(0, (to_scale(x), to_shift(x)))
        style = self.styled[0](self.constant.expand(len(faces), -1, -1, -1).to(x.dtype), latents[0])
        colours: torch.Tensor = self.colours[0](style, latents[1])
        for level in range(LEVELS):
            scale, shift = conditions.pop()  # popped, so that their memory is freed after use
            enlarge, keep, to_colours = self.styled[2 * level + 1], self.styled[2 * level + 2], self.colours[level + 1]
            style = enlarge(style, latents[2 * level + 1])
            half = style[:, scale.shape[1] :]
            torch.addcmul(shift, half, scale, out=half)
            style = keep(style, latents[2 * level + 2])
            colours = functional.interpolate(colours, scale_factor=2, mode="bilinear")
            colours += to_colours(style, latents[2 * level + 3])
        return colours


class _Down(torch.nn.Module):
    """A residual block that halves the size: (N, I, H, W) → (N, O, H/2, W/2)."""

    def __init__(self, tensors: Tensors, name: str, dtype: torch.dtype) -> None:
        super().__init__()
        self.before = _convolution(tensors, f"{name}.conv1", dtype)
        self.after = _convolution(tensors, f"{name}.conv2", dtype)
        self.skip = Convolution(tensors.pop(f"{name}.skip.weight"), dtype=dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Bilinear reduction by two is the mean of four pixels.
        deep: torch.Tensor = self.after(functional.avg_pool2d(self.before(x), 2))
        return deep.add_(self.skip(functional.avg_pool2d(x, 2)))


class _Up(torch.nn.Module):
    """A residual block that doubles the size: (N, I, H, W) → (N, O, 2·H, 2·W)."""

    def __init__(self, tensors: Tensors, name: str, dtype: torch.dtype) -> None:
        super().__init__()
        self.before = _convolution(tensors, f"{name}.conv1", dtype)
        self.after = BilinearConvolution(tensors.pop(f"{name}.conv2.weight"), dtype)
        self.bias = _fixed(tensors.pop(f"{name}.conv2.bias").to(dtype))
        self.skip = BilinearConvolution(tensors.pop(f"{name}.skip.weight"), dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        deep = self.after(self.before(x))
        result = interleaved(deep)
        torch.add(deep, self.bias, out=as_squares(result))
        functional.leaky_relu_(result, SLOPE)
        as_squares(result).add_(self.skip(x))
        return result


class _Styled(torch.nn.Module):
    """A convolution modulated by a style, plus noise, bias and leaky ReLU; `enlarge`: after doubling the size.

    (N, I, H, W) and a latent (N, 512) → (N, O, H, W) or (N, O, 2·H, 2·W).
    """

    def __init__(self, tensors: Tensors, name: str, noise: torch.Tensor, dtype: torch.dtype, *, enlarge: bool) -> None:
        super().__init__()
        weight = tensors.pop(f"{name}.modulated_conv.weight")[0]
        self.modulation = _linear(tensors, f"{name}.modulated_conv.modulation", torch.float32)
        self.power = _fixed(weight.square().sum((2, 3)))
        self.convolution = BilinearConvolution(weight, dtype) if enlarge else Convolution(weight, dtype=dtype)
        self.noise = _fixed((noise * tensors.pop(f"{name}.weight")).to(dtype))
        self.bias = _fixed(tensors.pop(f"{name}.bias").to(dtype))

    def forward(self, x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        style = self.modulation(latent)
        factor = math.sqrt(2) * torch.rsqrt(functional.linear(style.square(), self.power) + EPSILON)
        factor, style = factor.to(x.dtype), style.to(x.dtype)[:, :, None, None]
        if isinstance(self.convolution, BilinearConvolution):
            squares = self.convolution(x, style)
            result = interleaved(squares)
            torch.addcmul(as_squares(self.noise), squares, factor[:, None, None, None, None], out=as_squares(result))
        else:
            result = self.convolution(x * style)
            torch.addcmul(self.noise, result, factor[:, :, None, None], out=result)
        return functional.leaky_relu_(result.add_(self.bias), SLOPE)


class _Colours(torch.nn.Module):
    """The RGB image that a level adds to the result: (N, I, H, W) and a latent (N, 512) → (N, 3, H, W), float32."""

    def __init__(self, tensors: Tensors, name: str) -> None:
        super().__init__()
        self.modulation = _linear(tensors, f"{name}.modulated_conv.modulation", torch.float32)
        self.weight = _fixed(tensors.pop(f"{name}.modulated_conv.weight")[0, :, :, 0, 0])
        self.bias = _fixed(tensors.pop(f"{name}.bias"))

    def forward(self, x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        n, _, height, width = x.shape
        weight = (self.modulation(latent)[:, None] * self.weight).to(x.dtype)
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)
        colours = torch.bmm(weight, pixels.transpose(1, 2)).float()
        return colours.view(n, 3, height, width).add_(self.bias)


def _convolution(tensors: Tensors, name: str, dtype: torch.dtype) -> Convolution:
    return Convolution(tensors.pop(f"{name}.weight"), tensors.pop(f"{name}.bias"), dtype=dtype, slope=SLOPE)


def _condition(tensors: Tensors, name: str, dtype: torch.dtype) -> torch.nn.Sequential:
    last = Convolution(tensors.pop(f"{name}.2.weight"), tensors.pop(f"{name}.2.bias"), dtype=dtype)
    return torch.nn.Sequential(_convolution(tensors, f"{name}.0", dtype), last)


def _linear(tensors: Tensors, name: str, dtype: torch.dtype) -> torch.nn.Linear:
    weight, bias = tensors.pop(f"{name}.weight").to(dtype), tensors.pop(f"{name}.bias").to(dtype)
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = _fixed(weight), _fixed(bias)
    return linear


def _fixed(value: torch.Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(value, requires_grad=False)
