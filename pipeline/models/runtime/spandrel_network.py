"""Networks that `spandrel` knows: it recognises the architecture by the names of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from spandrel import ImageModelDescriptor, ModelLoader

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.runtime import Runtime

# spandrel's ids of purely convolutional architectures. They keep their quality in bfloat16 and run faster with channels
# last. Some of the others fail in bfloat16 although spandrel says they support it (SwinIR, ATD, RGT), or reshape
# tensors in a way that fails with channels last.
CONVOLUTIONAL = ("Compact", "ESRGAN")


def describe_network(
    name: str, state_dict: Mapping[str, Any], architecture: str | None = None
) -> ImageModelDescriptor[Any]:
    """spandrel's description of a network that turns RGB into RGB, its weights loaded, on the CPU.

    Raises `ModelUnavailable` for weights that spandrel does not know, for networks with other channels, and, if an
    `architecture` (spandrel's id) is given, for any other architecture.
    """
    try:
        descriptor = ModelLoader().load_from_state_dict(dict(state_dict))
    except Exception as error:  # spandrel: its own for an unknown network, KeyError and others for a broken one
        raise ModelUnavailable(f"{name}: the file holds no network that is known.", stage="models") from error
    if not isinstance(descriptor, ImageModelDescriptor) or (descriptor.input_channels, descriptor.output_channels) != (
        3,
        3,
    ):
        raise ModelUnavailable(
            f"{name}: the file holds a {descriptor.architecture.name} network that does not turn RGB into RGB.",
            stage="models",
        )
    if architecture not in (None, descriptor.architecture.id):
        raise ModelUnavailable(f"{name}: the file holds a {descriptor.architecture.name} network.", stage="models")
    return descriptor


def number_format(descriptor: ImageModelDescriptor[Any], runtime: Runtime) -> torch.dtype:
    """The runtime's number format if the network runs and keeps its quality in it, else float32."""
    supported = {torch.bfloat16: descriptor.supports_bfloat16, torch.float16: descriptor.supports_half}
    is_convolutional = descriptor.architecture.id in CONVOLUTIONAL
    return runtime.dtype if is_convolutional and supported.get(runtime.dtype, False) else torch.float32


def memory_format(descriptor: ImageModelDescriptor[Any]) -> torch.memory_format:
    """The memory format in which the network runs fastest."""
    is_convolutional = descriptor.architecture.id in CONVOLUTIONAL
    return torch.channels_last if is_convolutional else torch.contiguous_format
