"""Checkpoints with random weights in the shapes and layout of the published files."""

from __future__ import annotations

from typing import Any

import torch
import torchvision
from spandrel.architectures.Compact import Compact
from spandrel.architectures.GFPGAN import GFPGAN

StateDict = dict[str, Any]


def gfpgan(seed: int = 0) -> StateDict:
    """GFPGANv1.3.pth, GFPGANv1.4.pth: its noise has an effect, as in the trained network."""
    torch.manual_seed(seed)
    state = GFPGAN().state_dict()
    for name, value in state.items():
        if name.endswith(".weight") and value.numel() == 1:  # the strength of the noise
            value.fill_(0.1)
    return {"params_ema": state}


def rrdb(scale: int, *, blocks: int = 23, seed: int = 0) -> StateDict:
    """RealESRGAN_x2plus.pth, RealESRGAN_x4plus.pth: an output that spreads over [0, 1]."""
    torch.manual_seed(seed)
    state: StateDict = {}

    def convolution(name: str, inputs: int, outputs: int, gain: float = 1.0) -> None:
        made = torch.nn.Conv2d(inputs, outputs, 3)
        torch.nn.init.kaiming_normal_(made.weight)
        state[f"{name}.weight"] = made.weight.detach() * gain
        state[f"{name}.bias"] = made.bias.detach() * gain

    convolution("conv_first", 12 if scale == 2 else 3, 64)
    for block in range(blocks):
        for dense in (1, 2, 3):
            for layer in range(1, 6):
                inputs = 64 + 32 * (layer - 1)
                convolution(f"body.{block}.rdb{dense}.conv{layer}", inputs, 32 if layer < 5 else 64, 0.1)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        convolution(name, 64, 64)
    convolution("conv_last", 64, 3, 0.003)
    state["conv_last.bias"] += 0.5
    return {"params_ema": state}


def compact(scale: int = 4, *, features: int = 64, convolutions: int = 32, seed: int = 0) -> StateDict:
    """realesr-general-x4v3.pth."""
    torch.manual_seed(seed)
    return {"params": Compact(num_feat=features, num_conv=convolutions, upscale=scale).state_dict()}


def parsenet(seed: int = 0) -> StateDict:
    """parsing_parsenet.pth, with non-trivial batch norms."""
    generator = torch.Generator().manual_seed(seed)
    state: StateDict = {}

    def convolution(name: str, inputs: int, outputs: int, *, normalised: bool = False) -> None:
        bound = 1.3 / (inputs * 9) ** 0.5
        state[f"{name}.conv2d.weight"] = torch.randn(outputs, inputs, 3, 3, generator=generator) * bound
        if not normalised:
            state[f"{name}.conv2d.bias"] = torch.randn(outputs, generator=generator) * 0.1
            return
        state[f"{name}.norm.norm.weight"] = 0.5 + torch.rand(outputs, generator=generator)
        state[f"{name}.norm.norm.bias"] = torch.randn(outputs, generator=generator) * 0.2
        state[f"{name}.norm.norm.running_mean"] = torch.randn(outputs, generator=generator) * 0.2
        state[f"{name}.norm.norm.running_var"] = 0.5 + torch.rand(outputs, generator=generator)
        state[f"{name}.norm.norm.num_batches_tracked"] = torch.tensor(7)

    def block(name: str, inputs: int, outputs: int, *, shortcut: bool = True) -> None:
        if shortcut:
            convolution(f"{name}.shortcut_func", inputs, outputs)
        convolution(f"{name}.conv1", inputs, outputs, normalised=True)
        convolution(f"{name}.conv2", outputs, outputs, normalised=True)

    convolution("encoder.0", 3, 64)
    for index, (inputs, outputs) in enumerate([(64, 128), (128, 256), (256, 256), (256, 256)], 1):
        block(f"encoder.{index}", inputs, outputs)
    for index in range(10):
        block(f"body.{index}", 256, 256, shortcut=False)
    for index, (inputs, outputs) in enumerate([(256, 256), (256, 256), (256, 128), (128, 64)]):
        block(f"decoder.{index}", inputs, outputs)
    convolution("out_img_conv", 64, 3)
    convolution("out_mask_conv", 64, 19)
    return state


def alexnet(seed: int = 0) -> StateDict:
    """alexnet-owt-7be5be79.pth; its classifier, which nothing uses, is zero."""
    torch.manual_seed(seed)
    with torch.device("meta"):
        shapes = torchvision.models.alexnet(weights=None).state_dict()
    state = {name: torch.zeros(tensor.shape) for name, tensor in shapes.items()}
    for name, tensor in state.items():
        if name.startswith("features."):
            torch.nn.init.normal_(tensor, 0, 0.1 if tensor.ndim == 1 else (2 / tensor[0].numel()) ** 0.5)
    return state
