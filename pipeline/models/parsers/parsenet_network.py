"""ParseNet's network, from its published weights and rearranged for speed.

The network is PSFRGAN's (Chen et al., 2021), as facexlib 0.3.0 publishes it for 512 px crops: an encoder that halves
the picture four times, ten residual blocks, a decoder that doubles it four times, and a head of 19 classes. Its second
head, which outputs a picture, is not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLASSES = 19
ENCODER = ((64, 128), (128, 256), (256, 256), (256, 256))  # (channels in, channels out) of each halving
BODY = 10
DECODER = ((256, 256), (256, 256), (256, 128), (128, 64))  # of each doubling
SLOPE = 0.2  # of the leaky ReLU
UNUSED = "out_img_conv."  # the head that outputs a picture


def build_parsenet(state_dict: Mapping[str, Tensor]) -> nn.Module:
    """The network: RGB in [-1, 1] (N, 3, H, W), H and W multiples of 16 → logits (N, 19, H, W).

    Raises `KeyError`, `ValueError`, `TypeError` or `RuntimeError` if a weight is missing, surplus or misshapen.
    """
    weights = {name: tensor for name, tensor in state_dict.items() if not name.startswith(UNUSED)}
    layers: list[nn.Module] = [_take(weights, "encoder.0", 3, ENCODER[0][0])]
    layers += [_resampling(weights, f"encoder.{i}", *sides, stride=2) for i, sides in enumerate(ENCODER, 1)]
    body = nn.Sequential(*(_resampling(weights, f"body.{i}", 256, 256) for i in range(BODY)))
    layers.append(_Sum(body, nn.Identity()))
    layers += [_doubling(weights, f"decoder.{i}", *sides) for i, sides in enumerate(DECODER)]
    layers.append(_take(weights, "out_mask_conv", DECODER[-1][1], CLASSES))
    if weights:
        raise ValueError(f"{len(weights)} weights are not ParseNet's, the first of them {next(iter(weights))}")
    return nn.Sequential(*layers)


class _Sum(nn.Module):
    """A residual block: the sum of `branch` and `shortcut`, both applied to the input."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.branch(x) + self.shortcut(x)
        return result


class _Doubling(nn.Module):
    """A residual block that doubles the size: (N, I, H, W) → (N, O, 2·H, 2·W).

    `enlarge` computes the branch's first convolution and the shortcut's: 2·O channels.
    """

    def __init__(self, enlarge: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.enlarge, self.second = enlarge, second

    def forward(self, x: Tensor) -> Tensor:
        first, shortcut = self.enlarge(x).chunk(2, dim=1)
        result: Tensor = self.second(functional.leaky_relu(first, SLOPE)) + shortcut
        return result


class _RepeatingConvolution(nn.Module):
    """Enlargement by two by pixel repetition, reflection padding, and then the 3 × 3 `convolutions`, in one step.

    (N, I, H, W) → (N, O, 2·H, 2·W), the outputs of all convolutions concatenated.

    Both together are one transposed convolution: its 4 × 4 kernel is the sum of the 3 × 3 kernel at the four places of
    a repeated pixel. Reflection of repeated pixels is the same as replication of the edge. This takes 16
    multiplications instead of 36 and, measured on two cores, less than half the time.
    """

    def __init__(self, *convolutions: nn.Conv2d) -> None:
        super().__init__()
        weight = torch.cat([convolution.state_dict()["weight"] for convolution in convolutions])
        flipped = weight.flip(2, 3).transpose(0, 1)  # a transposed convolution flips its kernel
        kernel = torch.zeros(*flipped.shape[:2], 4, 4)
        for row in (0, 1):
            for column in (0, 1):
                kernel[:, :, row : row + 3, column : column + 3] += flipped
        self.kernel = nn.Parameter(kernel)
        self.bias = nn.Parameter(torch.cat([convolution.state_dict()["bias"] for convolution in convolutions]))

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
        return functional.conv_transpose2d(padded, self.kernel, self.bias, stride=2, padding=3)


def _resampling(weights: dict[str, Tensor], name: str, inside: int, outside: int, stride: int = 1) -> nn.Module:
    """A residual block of the encoder (stride 2: halves the picture) or of the body."""
    first = _take(weights, f"{name}.conv1", inside, outside, normalised=True)
    second = _take(weights, f"{name}.conv2", outside, outside, stride, normalised=True)
    shortcut = nn.Identity() if stride == 1 else _take(weights, f"{name}.shortcut_func", inside, outside, stride)
    return _Sum(nn.Sequential(first, nn.LeakyReLU(SLOPE, inplace=True), second), shortcut)


def _doubling(weights: dict[str, Tensor], name: str, inside: int, outside: int) -> nn.Module:
    """A residual block of the decoder. Branch and shortcut have the same input, so that one convolution serves both."""
    first = _take(weights, f"{name}.conv1", inside, outside, normalised=True)
    shortcut = _take(weights, f"{name}.shortcut_func", inside, outside)
    second = _take(weights, f"{name}.conv2", outside, outside, normalised=True)
    return _Doubling(_RepeatingConvolution(first, shortcut), second)


def _take(
    weights: dict[str, Tensor], name: str, inside: int, outside: int, stride: int = 1, *, normalised: bool = False
) -> nn.Conv2d:
    """A 3 × 3 convolution with reflection padding, its weights removed from `weights`; batch norm is folded in."""
    convolution = nn.Conv2d(inside, outside, 3, stride, padding=1, padding_mode="reflect", bias=not normalised)
    _fill(convolution, weights, f"{name}.conv2d.")
    if not normalised:
        return convolution
    norm = nn.BatchNorm2d(outside)
    _fill(norm, weights, f"{name}.norm.norm.")
    return fuse_conv_bn_eval(convolution.eval(), norm.eval())


def _fill(module: nn.Module, weights: dict[str, Tensor], prefix: str) -> None:
    module.load_state_dict({name: weights.pop(prefix + name) for name in module.state_dict()})
