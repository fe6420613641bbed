"""The rearranged network against the original one, which `spandrel` contains."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from spandrel import ModelLoader

from pipeline.models.restorers.gfpgan_network import GfpganNetwork
from pipeline.models.runtime.convolution import pack_convolutions
from pipeline.types import Image
from tests import checkpoints


@pytest.fixture(scope="module")
def state_dict() -> dict[str, Any]:
    return checkpoints.gfpgan()


@pytest.fixture(scope="module")
def faces(astronaut: Image) -> torch.Tensor:
    """Two faces in [-1, 1]."""
    face = torch.from_numpy(astronaut.copy()).permute(2, 0, 1) * 2 - 1
    return torch.stack([face, face.flip(2) * 0.8]).contiguous(memory_format=torch.channels_last)


@pytest.fixture(scope="module")
def original(state_dict: dict[str, Any], faces: torch.Tensor) -> torch.Tensor:
    network: Any = ModelLoader().load_from_state_dict(state_dict).model.eval()
    with torch.inference_mode():
        restored: torch.Tensor = network(faces.contiguous(), return_rgb=False, randomize_noise=False)[0]
    return restored


def rearranged(state_dict: dict[str, Any], dtype: torch.dtype) -> GfpganNetwork:
    network = GfpganNetwork(state_dict["params_ema"], dtype).to(memory_format=torch.channels_last)
    pack_convolutions(network)
    return network


@pytest.fixture(scope="module")
def network(state_dict: dict[str, Any]) -> GfpganNetwork:
    return rearranged(state_dict, torch.float32)


@pytest.fixture(scope="module")
def together(network: GfpganNetwork, faces: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        restored: torch.Tensor = network(faces)
    return restored


def test_it_is_the_same_function(
    network: GfpganNetwork, faces: torch.Tensor, together: torch.Tensor, original: torch.Tensor
) -> None:
    with torch.inference_mode():
        alone = network(faces[1:])
    assert together.shape == original.shape
    assert (together - original).abs().max() <= 1e-4 * original.abs().max()
    # Each face of a batch is restored in its own style.
    assert (together[1] - alone[0]).abs().max() <= 1e-4 * original.abs().max()
    assert (together[0] - together[1].flip(2)).abs().max() > 0.05


def test_also_at_the_border(together: torch.Tensor, original: torch.Tensor) -> None:
    """Enlargement and convolution in one must treat the border like the two published steps."""
    difference = (together - original).abs()
    for edge in (difference[..., 0, :], difference[..., -1, :], difference[..., 0], difference[..., -1]):
        assert edge.max() <= 1e-4 * original.abs().max()


def test_bf16_stays_close(state_dict: dict[str, Any], faces: torch.Tensor, original: torch.Tensor) -> None:
    with torch.inference_mode():
        found = rearranged(state_dict, torch.bfloat16)(faces[:1].to(torch.bfloat16))
    assert found.dtype == torch.float32
    error = (found.clamp(-1, 1) - original[:1].clamp(-1, 1)).div(2).square().mean()
    assert -10 * torch.log10(error) >= 40  # dB


@pytest.mark.parametrize(
    "missing", ["final_linear.bias", "stylegan_decoder.noises.noise3", "condition_shift.6.2.weight"]
)
def test_what_is_missing_is_named(state_dict: dict[str, Any], missing: str) -> None:
    tensors = {name: value for name, value in state_dict["params_ema"].items() if name != missing}
    with pytest.raises(KeyError, match=missing.removeprefix("stylegan_decoder.")):
        GfpganNetwork(tensors, torch.float32)
