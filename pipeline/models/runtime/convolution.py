"""A convolution prepared for where it runs: weights packed once, the activation in the same pass."""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch.nn import functional

# What torch's own compiler emits for processors. It is no public interface: all works without it too.
_ONEDNN: Any = torch.ops.mkldnn


class Convolution(torch.nn.Module):
    """A convolution of stride 1, with a leaky ReLU of slope `slope` after it (None: without).

    `weight` is (O, I, k, k), `bias` (O,) or None; both are kept as `dtype`. `padding` is zeros on each side, unless
    given as many as keep the size.
    """

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor | None = None,
        *,
        dtype: torch.dtype,
        slope: float | None = None,
        padding: int | None = None,
    ) -> None:
        super().__init__()
        self.weight: torch.nn.Parameter | None = torch.nn.Parameter(weight.to(dtype), requires_grad=False)
        self.bias = None if bias is None else torch.nn.Parameter(bias.to(dtype), requires_grad=False)
        self.slope = slope
        self.padding = weight.shape[-1] // 2 if padding is None else padding
        self._packed: torch.Tensor | None = None

    def pack(self) -> None:
        """Let oneDNN arrange the weights now instead of at every call, where it is what computes.

        The arrangement takes the place of the weights: the module cannot be moved or saved afterwards.
        """
        if self.weight is None or self.weight.device.type != "cpu" or not packs(self.weight.dtype):
            return
        sides, size = [self.padding] * 2, [1, self.weight.shape[1], 64, 64]  # whatever the size: it is the same
        reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
        self._packed = reorder(self.weight.detach().to_mkldnn(), sides, [1, 1], [1, 1], 1, size)
        self.weight = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, I, H, W) → (N, O, H', W')."""
        if self.weight is not None:
            result = functional.conv2d(x, self.weight, self.bias, padding=self.padding)
            return result if self.slope is None else functional.leaky_relu_(result, self.slope)
        activation: tuple[str, list[float]] = ("none", []) if self.slope is None else ("leaky_relu", [self.slope])
        once, sides = [1, 1], [self.padding] * 2
        packed: torch.Tensor = _ONEDNN._convolution_pointwise(
            x, self._packed, self.bias, sides, once, once, 1, *activation, ""
        )
        return packed


def packs(dtype: torch.dtype) -> bool:
    """Whether this processor computes such convolutions with oneDNN, from packed weights."""
    if platform.machine() not in ("x86_64", "AMD64") or not hasattr(_ONEDNN, "_convolution_pointwise"):
        return False
    return torch._C._has_mkldnn and (dtype == torch.float32 or (dtype == torch.bfloat16 and has_onednn_bf16()))


def has_onednn_bf16() -> bool:
    """Whether oneDNN computes bfloat16 on this processor and is allowed to."""
    asked = getattr(_ONEDNN, "_is_mkldnn_bf16_supported", None)
    return asked is not None and bool(asked())


def pack_convolutions(network: torch.nn.Module) -> None:
    """`Convolution.pack` all in a network."""
    for module in network.modules():
        if isinstance(module, Convolution):
            module.pack()


def join_activations(network: torch.nn.Module) -> None:
    """Put a `Convolution` in the place of each of torch's that it can stand for, with the leaky ReLU after it.

    An activation is known to come after where both are neighbours in a `Sequential`. For networks that use each layer
    once, in no other way than by calling it.
    """
    before: torch.nn.Module | None = None
    for name, layer in list(network.named_children()):
        if type(layer) is torch.nn.Conv2d and _is_plain(layer):
            before = Convolution(layer.weight, layer.bias, dtype=layer.weight.dtype)
            network.add_module(name, before)
            continue
        is_next = type(network) is torch.nn.Sequential and type(layer) is torch.nn.LeakyReLU
        if is_next and isinstance(before, Convolution) and before.slope is None:
            before.slope = float(layer.negative_slope)  # type: ignore[arg-type]
            network.add_module(name, torch.nn.Identity())
        else:
            join_activations(layer)
        before = layer


def _is_plain(layer: torch.nn.Conv2d) -> bool:
    """Square, dense, of stride 1, with zeros around that keep the size."""
    side = layer.kernel_size[0]
    return (
        layer.kernel_size == (side, side)
        and layer.padding == (side // 2, side // 2)
        and layer.padding_mode == "zeros"
        and side % 2 == 1
        and layer.stride == layer.dilation == (1, 1)
        and layer.groups == 1
    )
