"""RetinaFace's published weights: which are read, and what is refused."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.detectors.retinaface import RetinaFaceDetector
from pipeline.models.detectors.retinaface_backbone import Backbone
from pipeline.models.detectors.retinaface_network import RetinaFaceNetwork, fold_batch_norms
from pipeline.models.runtime.runtime import Runtime
from pipeline.run import Run
from pipeline.types import Face, Image
from tests import detector_checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)

BACKBONES: tuple[Backbone, ...] = ("resnet50", "mobile0.25")


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    return detector_checkpoints.retinaface("mobile0.25")


@pytest.fixture(scope="module")
def detector(state: dict[str, Any]) -> RetinaFaceDetector:
    return RetinaFaceDetector("net", state, FP32)


@pytest.fixture(scope="module")
def real(shared_weights: Path) -> RetinaFaceDetector:
    file = shared_weights / "retinaface-mobilenet0.25.pth"
    return RetinaFaceDetector("real", torch.load(file, map_location="cpu", weights_only=True), FP32)


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(0).random((height, width, 3), dtype=np.float32)


def same(first: list[Face], second: list[Face]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a.box, b.box) and np.array_equal(a.landmarks, b.landmarks) and a.score == b.score
        for a, b in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("backbone", BACKBONES)
def test_either_backbone_is_read_with_and_without_the_prefix_of_parallel_training(backbone: Backbone) -> None:
    weights = detector_checkpoints.retinaface(backbone)
    plain = RetinaFaceDetector("net", weights, FP32).detect(noise(90, 120), Run().check)
    prefixed = {f"module.{name}": tensor for name, tensor in weights.items()}
    assert plain
    assert same(RetinaFaceDetector("net", prefixed, FP32).detect(noise(90, 120), Run().check), plain)


def test_the_weights_given_are_not_changed(state: dict[str, Any]) -> None:
    before = copy.deepcopy(state)
    RetinaFaceDetector("net", state, BF16).detect(noise(40, 40), Run().check)
    assert all(
        torch.equal(tensor, before[name]) and tensor.dtype == before[name].dtype for name, tensor in state.items()
    )


def test_half_precision_weights_are_read(state: dict[str, Any], astronaut: Image) -> None:
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    assert RetinaFaceDetector("net", halves, FP32).detect(astronaut[:200, :200], Run().check)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_folding_batch_norms_leaves_the_answers(backbone: Backbone) -> None:
    network = RetinaFaceNetwork(backbone)
    network.load_state_dict(detector_checkpoints.retinaface(backbone))
    network.eval().requires_grad_(False)
    batch = 100 * torch.randn(1, 3, 64, 80, generator=torch.Generator().manual_seed(0))
    before = network(batch)
    fold_batch_norms(network)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules())
    for first, second in zip(before, network(batch), strict=True):
        assert (first - second).norm() < 1e-4 * first.norm()


@pytest.mark.parametrize(
    "broken",
    [
        lambda state: {},
        lambda state: {"weight": torch.zeros(3)},
        lambda state: {"params": state},
        lambda state: {name: tensor for name, tensor in state.items() if not name.startswith("ssh2.")},
        lambda state: state | {"extra.weight": torch.zeros(3)},
        lambda state: state | {"fpn.merge1.0.weight": torch.zeros(8, 3, 3, 3)},
        lambda state: state | {"fpn.merge1.0.weight": "text"},
        lambda state: {f"layer4.{name}": tensor for name, tensor in state.items()},
        lambda state: {name.replace("stage3", "layer4"): tensor for name, tensor in state.items()},
    ],
    ids=["empty", "unknown", "nested", "missing", "surplus", "shape", "no tensor", "other names", "other backbone"],
)
def test_what_is_no_whole_retinaface_is_refused_by_name(broken: Any, state: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable, match="net: ") as caught:
        RetinaFaceDetector("net", broken(state), FP32)
    assert caught.value.stage == "models"
