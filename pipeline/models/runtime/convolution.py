"""A convolution whose weights oneDNN packs once, with the activation fused into it."""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch.nn import functional

# The operators that torch's compiler (Inductor) emits for CPUs. They are no public interface; without them the plain
# convolution is used.
_ONEDNN: Any = torch.ops.mkldnn


class Convolution(torch.nn.Module):
    """A convolution of stride 1, followed by a leaky ReLU with this `slope` (None: no activation).

    `weight` is (O, I, k, k), `bias` (O,) or None; both are converted to `dtype`. `padding`: pixels of zeros on each
    side; None pads so that the size stays the same.
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
        """Reorder the weights for oneDNN now instead of at every call, if oneDNN computes this convolution.

        The packed weights replace the plain ones: the module cannot be moved or saved afterwards.
        """
        if self.weight is None or self.weight.device.type != "cpu" or not packs(self.weight.dtype):
            return
        padding, size = [self.padding] * 2, [1, self.weight.shape[1], 64, 64]  # the layout is the same for any H and W
        reorder: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
        self._packed = reorder(self.weight.detach().to_mkldnn(), padding, [1, 1], [1, 1], 1, size)
        self.weight = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, I, H, W) → (N, O, H', W')."""
        if self.weight is not None:
            result = functional.conv2d(x, self.weight, self.bias, padding=self.padding)
            return result if self.slope is None else functional.leaky_relu_(result, self.slope)
        activation: tuple[str, list[float]] = ("none", []) if self.slope is None else ("leaky_relu", [self.slope])
        stride, dilation, padding = [1, 1], [1, 1], [self.padding] * 2
        fused: torch.Tensor = _ONEDNN._convolution_pointwise(
            x, self._packed, self.bias, padding, stride, dilation, 1, *activation, ""
        )
        return fused


def packs(dtype: torch.dtype) -> bool:
    """Whether oneDNN computes convolutions of this dtype from packed weights on this CPU."""
    if platform.machine() not in ("x86_64", "AMD64") or not hasattr(_ONEDNN, "_convolution_pointwise"):
        return False
    return torch._C._has_mkldnn and (dtype == torch.float32 or (dtype == torch.bfloat16 and has_onednn_bf16()))


def has_onednn_bf16() -> bool:
    """Whether oneDNN supports bfloat16 on this CPU and the environment allows it."""
    is_supported = getattr(_ONEDNN, "_is_mkldnn_bf16_supported", None)
    return is_supported is not None and bool(is_supported())


def pack_convolutions(network: torch.nn.Module) -> None:
    """Call `Convolution.pack` on every one in a network."""
    for module in network.modules():
        if isinstance(module, Convolution):
            module.pack()


def join_activations(network: torch.nn.Module) -> None:
    """Replace each of torch's convolutions that has stride 1 by a `Convolution`, and fuse the leaky ReLU after it.

    An activation is fused only if it directly follows the convolution in a `Sequential`. The network must call each
    layer exactly once and not use it in another way.
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
    """Whether `Convolution` can compute it: square, dense, stride 1, zero padding that keeps the size."""
    side = layer.kernel_size[0]
    return (
        layer.kernel_size == (side, side)
        and layer.padding == (side // 2, side // 2)
        and layer.padding_mode == "zeros"
        and side % 2 == 1
        and layer.stride == layer.dilation == (1, 1)
        and layer.groups == 1
    )
