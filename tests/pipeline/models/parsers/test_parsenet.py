from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import ModelUnavailable, StageFailed
from pipeline.models.parsers import parsenet
from pipeline.models.parsers.parsenet import FaceParser
from pipeline.models.parsers.parsenet_network import build_parsenet
from pipeline.models.runtime.runtime import Runtime
from pipeline.types import Image
from tests import checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return checkpoints.parsenet()


def published_forward(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """The network as published: no batch norm folded, no layers merged."""

    def convolution(name: str, x: Tensor, stride: int = 1) -> Tensor:
        padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        x = functional.conv2d(padded, state[f"{name}.conv2d.weight"], state.get(f"{name}.conv2d.bias"), stride)
        norm = f"{name}.norm.norm."
        if norm + "weight" not in state:
            return x
        statistics = (state[norm + "running_mean"], state[norm + "running_var"])
        return functional.batch_norm(x, *statistics, state[norm + "weight"], state[norm + "bias"])

    def block(name: str, x: Tensor, first: Callable[[Tensor], Tensor], stride: int) -> Tensor:
        shortcut = convolution(f"{name}.shortcut_func", first(x), stride) if not name.startswith("body") else x
        hidden = functional.leaky_relu(convolution(f"{name}.conv1", first(x)), 0.2)
        return shortcut + convolution(f"{name}.conv2", hidden, stride)

    x = convolution("encoder.0", x)
    for index in range(1, 5):
        x = block(f"encoder.{index}", x, lambda y: y, 2)
    features = x
    for index in range(10):
        x = block(f"body.{index}", x, lambda y: y, 1)
    x = features + x
    for index in range(4):
        x = block(f"decoder.{index}", x, lambda y: functional.interpolate(y, scale_factor=2.0, mode="nearest"), 1)
    return convolution("out_mask_conv", x)


def picture(side: int = 64, seed: int = 0) -> Image:
    return np.random.default_rng(seed).random((side, side, 3), dtype=np.float32)


class Told(nn.Module):
    """A network that outputs given logits and records its input."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits
        self.seen: list[Tensor] = []

    def forward(self, batch: Tensor) -> Tensor:
        self.seen.append(batch)
        return self.logits


def told(monkeypatch: pytest.MonkeyPatch, logits: Tensor, runtime: Runtime = FP32) -> tuple[FaceParser, Told]:
    network = Told(logits)
    monkeypatch.setattr(parsenet, "build_parsenet", lambda state_dict: network)
    return FaceParser("parser", {}, runtime), network


# --- the network -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(32, 32), (64, 48)])
def test_the_logits_are_those_of_the_published_network(state: dict[str, Tensor], size: tuple[int, int]) -> None:
    batch = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))
    network = build_parsenet(state).eval()
    with torch.inference_mode():
        expected, found = published_forward(state, batch), network(batch)
    assert expected.std() > 0.1
    assert (found - expected).abs().max() < 1e-5 * expected.abs().max()


def test_the_mask_is_where_the_published_network_sees_a_face(state: dict[str, Tensor]) -> None:
    image = picture(64)
    with torch.inference_mode():
        logits = published_forward(state, torch.from_numpy(image).permute(2, 0, 1)[None] * 2 - 1)
    # Random weights favour one class: without their mean the classes are mixed.
    mixed = {**state, "out_mask_conv.conv2d.bias": state["out_mask_conv.conv2d.bias"] - logits.mean((0, 2, 3))}
    classes = (logits - logits.mean((2, 3), keepdim=True)).argmax(dim=1)[0].numpy()
    expected = np.isin(classes, [*range(1, 14), 15])
    assert 0.1 < expected.mean() < 0.95
    mask = FaceParser("parser", mixed, FP32).parse([image])[0]
    assert (mask.shape, mask.dtype) == ((64, 64), np.float32)
    assert set(np.unique(mask)) == {0, 1}
    assert (mask != expected).mean() <= 1e-3  # ties
    assert (FaceParser("parser", mixed, BF16).parse([image])[0] != expected).mean() <= 0.1


def test_the_weights_given_are_not_changed(state: dict[str, Tensor]) -> None:
    before = {name: tensor.clone() for name, tensor in state.items()}
    FaceParser("parser", state, BF16).parse([picture(32)])
    assert state.keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.items())


def test_the_head_that_draws_a_picture_may_be_there_or_not(state: dict[str, Tensor]) -> None:
    without = {name: tensor for name, tensor in state.items() if not name.startswith("out_img_conv.")}
    assert len(without) == len(state) - 2
    assert np.array_equal(
        FaceParser("a", without, FP32).parse([picture()]), FaceParser("b", state, FP32).parse([picture()])
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda state: {},
        lambda state: {"params": state},
        lambda state: {name: tensor for name, tensor in state.items() if name != "body.3.conv1.norm.norm.running_var"},
        lambda state: {name: tensor for name, tensor in state.items() if name != "out_mask_conv.conv2d.bias"},
        lambda state: state | {"cp.resnet.conv1.weight": torch.zeros(64, 3, 7, 7)},
        lambda state: state | {"out_mask_conv.conv2d.weight": torch.zeros(11, 64, 3, 3)},
        lambda state: state | {"encoder.0.conv2d.weight": 5},
    ],
    ids=["empty", "nested", "no batch norm", "no head", "surplus", "other classes", "number"],
)
def test_other_weights_are_refused_by_name(
    state: dict[str, Tensor], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    with pytest.raises(ModelUnavailable, match=r"^parser: ") as caught:
        FaceParser("parser", change(state), FP32)
    assert caught.value.stage == "models"


# --- the adapter -------------------------------------------------------------------------------------------------


def test_face_and_hair_are_pasted_and_hat_necklace_neck_and_cloth_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    parser, _ = told(monkeypatch, torch.eye(19)[None, :, None, :])
    (mask,) = parser.parse([picture(19)])
    assert mask.shape == (1, 19)
    assert np.flatnonzero(mask[0] == 0).tolist() == [0, 14, 16, 17, 18]
    assert set(np.unique(mask)) == {0, 1}


@pytest.mark.parametrize("runtime", [FP32, BF16], ids=["fp32", "bf16"])
def test_the_network_sees_rgb_from_minus_one_to_one(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    parser, network = told(monkeypatch, torch.zeros(1, 19, 2, 2), runtime)
    image = np.zeros((2, 2, 3), np.float32)
    image[..., 0], image[..., 2] = 1, 0.5
    image.flags.writeable = False
    parser.parse([image])
    (seen,) = network.seen
    assert seen.dtype == runtime.dtype
    assert seen[0, :, 0, 0].tolist() == [1, -1, 0]


def test_crops_together_are_as_each_alone(state: dict[str, Tensor]) -> None:
    parser = FaceParser("parser", state, FP32)
    images = [picture(64, seed) for seed in range(3)]
    masks = parser.parse(images)
    assert len(masks) == 3
    for mask, image in zip(masks, images, strict=True):
        assert (mask != parser.parse([image])[0]).mean() <= 1e-3  # ties


def test_the_batch_is_what_the_runtime_has_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    parser, _ = told(monkeypatch, torch.zeros(1, 19, 4, 4), BF16)
    assert parser.batch_size == BF16.max_batch
    monkeypatch.setattr(Runtime, "batch_size", lambda self, item_bytes: item_bytes)
    assert parser.batch_size == 2 * 384 * 512**2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_answer_that_is_no_number_fails(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    logits = torch.zeros(1, 19, 4, 4)
    logits[0, 3, 2, 1] = value
    parser, _ = told(monkeypatch, logits)
    with pytest.raises(StageFailed, match="parser"):
        parser.parse([picture(4)])
