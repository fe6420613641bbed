"""The students' network, and the derivation of a ×2 network from a ×4 network.

SRVGG's head is convolution → pixel shuffle, added to the nearest-upsampled input. Averaging 2×2 output pixels commutes
with both: it averages the head's filters in groups, and nearest ×4 averaged is nearest ×2. So the ×4 student's trunk
with the averaged head computes exactly the ×4 student's output reduced by area averages.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from spandrel import ModelLoader
from spandrel.architectures.Compact import Compact
from torch import Tensor, nn

State = dict[str, Tensor]


def student(features: int, hidden: int, scale: int) -> Compact:
    """A compact network: RGB (N, 3, H, W) in [0, 1] → (N, 3, scale·H, scale·W), not clipped."""
    return Compact(num_feat=features, num_conv=hidden, upscale=scale)


def half_scale(state: State) -> State:
    """×4 state dict → the ×2 state dict whose output is the 2×2 area average of the ×4 output."""
    head = max(int(key.split(".")[1]) for key in state)
    out = dict(state)
    for kind in ("weight", "bias"):
        key = f"body.{head}.{kind}"
        tensor = state[key]
        # Pixel shuffle takes pixel (y, x) of colour c from channel c·16 + 4·y + x; y and x are split into (// 2, % 2).
        grouped = tensor.reshape(3, 2, 2, 2, 2, *tensor.shape[1:])
        out[key] = grouped.mean((2, 4)).reshape(12, *tensor.shape[1:])
    return out


def stored(state: State) -> State:
    """The state in the number formats of the shipped files.

    The filters of the hidden layers, nearly all of the numbers, take one byte each (float8_e4m3). All others, including
    the first filters and the head, take two (float16).
    """
    hidden = hidden_filters(state)
    return {
        key: tensor.detach().to(torch.float8_e4m3fn if key in hidden else torch.float16).contiguous()
        for key, tensor in state.items()
    }


def hidden_filters(state: State) -> set[str]:
    """The names of the hidden layers' filters: all filters but the first layer's and the head's."""
    filters = sorted((key for key, tensor in state.items() if tensor.ndim == 4), key=lambda key: int(key.split(".")[1]))
    return set(filters[1:-1])


def save(state: State, file: Path) -> None:
    """Write `stored(state)` as safetensors."""
    write(stored(state), file)


def write(state: State, file: Path) -> None:
    """Write the state unchanged as safetensors, to a temporary file that is then renamed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    save_file(state, str(part))
    part.chmod(0o644)
    part.replace(file)


def load(file: Path) -> tuple[nn.Module, int]:
    """(network in float32 and evaluation mode, its scale), loaded with spandrel as in the service."""
    descriptor = ModelLoader().load_from_file(str(file))
    return descriptor.model.float().eval().requires_grad_(False), int(descriptor.scale)
