"""Networks that `spandrel` knows, from their state dict: which one it is, is read from the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from spandrel import ImageModelDescriptor, ModelLoader

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.runtime import Runtime

# Tried in bfloat16. Of the others some fail in it although spandrel says they can (SwinIR, ATD, RGT).
HALF_PRECISION = ("Compact", "ESRGAN")


def describe_network(
    name: str, state_dict: Mapping[str, Any], architecture: str | None = None
) -> ImageModelDescriptor[Any]:
    """spandrel's description of a network that turns RGB into RGB, its weights loaded, on the CPU.

    Raises `ModelUnavailable` for weights of any other kind, of another `architecture` (spandrel's id) where one is
    wanted, or of none.
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
    """The runtime's number format where the network runs and keeps its quality in it, else float32."""
    can = {torch.bfloat16: descriptor.supports_bfloat16, torch.float16: descriptor.supports_half}
    known = descriptor.architecture.id in HALF_PRECISION
    return runtime.dtype if known and can.get(runtime.dtype, False) else torch.float32
