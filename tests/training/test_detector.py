from __future__ import annotations

import pytest
import torch
from torch import nn

from pipeline.models.detectors.mtcnn_network import output_network, proposal_network, refine_network
from training import detector
from training.detector import LAYERS, converted, published_weights

MAKERS = {"pnet": proposal_network, "rnet": refine_network, "onet": output_network}
HEADS = {"pnet": (2, 4), "rnet": (2, 4), "onet": (2, 4, 10)}


def as_published(name: str) -> dict[str, torch.Tensor]:
    """Random weights of one network under facenet-pytorch's names."""
    trunk, heads, side = LAYERS[name]
    network = MAKERS[name]()
    torch.manual_seed(0)
    state: dict[str, torch.Tensor] = {}
    for layer, place in trunk.items():
        for kind, tensor in network.get_submodule(f"trunk.{place}").named_parameters():
            state[f"{layer}.{kind}"] = torch.randn_like(tensor)
    for head, numbers in zip(heads, HEADS[name], strict=True):
        weight = network.get_submodule("head").weight
        state[f"{head}.weight"] = torch.randn(numbers, *weight.shape[1:])
        state[f"{head}.bias"] = torch.randn(numbers)
    assert side in (0, 3)
    return state


@pytest.mark.parametrize("name", LAYERS)
def test_every_tensor_is_converted(name: str) -> None:
    found = converted(name, as_published(name))
    network = MAKERS[name]()
    network.load_state_dict({key.removeprefix(f"{name}."): tensor for key, tensor in found.items()}, strict=True)


def test_a_fully_connected_layer_gives_the_same_output() -> None:
    """facenet-pytorch swaps rows and columns and puts channels last before its dense layers."""
    published = as_published("rnet")
    dense = nn.Linear(576, 128)
    dense.load_state_dict({kind: converted("rnet", published)[f"rnet.trunk.9.{kind}"] for kind in ("weight", "bias")})
    features = torch.randn(2, 64, 3, 3)
    theirs = features.permute(0, 3, 2, 1).reshape(2, -1) @ published["dense4.weight"].T + published["dense4.bias"]
    assert torch.allclose(dense(features.flatten(1)), theirs, atol=1e-4)


def test_another_file_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "wheel_file", lambda distribution, member: b"something else")
    with pytest.raises(ValueError, match=r"rnet\.pt of facenet-pytorch has SHA-256"):
        published_weights("rnet")
