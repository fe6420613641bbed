from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spandrel.architectures.SPAN import SPAN
from spandrel.architectures.SwinIR import SwinIR

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.convolution import Convolution, packs
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.spandrel import SpandrelUpscaler
from pipeline.types import Image
from tests import checkpoints

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(0).random((height, width, 3), dtype=np.float32)


def other_network() -> dict[str, Any]:
    """An architecture for which Likeness has no adapter of its own."""
    torch.manual_seed(0)
    return SPAN(num_in_ch=3, num_out_ch=3, feature_channels=16, upscale=3).state_dict()


UPSCALERS = {
    "rrdb-x2": SpandrelUpscaler("rrdb-x2", checkpoints.rrdb(2, blocks=1), FP32),
    "rrdb-x4": SpandrelUpscaler("rrdb-x4", checkpoints.rrdb(4, blocks=1), FP32),
    "span-x3": SpandrelUpscaler("span-x3", other_network(), FP32),
    "compact-x4": SpandrelUpscaler("compact-x4", checkpoints.compact(features=8, convolutions=2), FP32),
}


@pytest.mark.parametrize("name", UPSCALERS)
@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 20), width=st.integers(1, 20))
def test_any_tile_comes_out_at_scale(name: str, height: int, width: int) -> None:
    upscaler = UPSCALERS[name]
    (enlarged,) = upscaler.upscale([noise(height, width)])
    assert upscaler.scale == int(name[-1])
    assert enlarged.shape == (height * upscaler.scale, width * upscaler.scale, 3)
    assert enlarged.dtype == np.float32
    assert 0 <= enlarged.min() <= enlarged.max() <= 1


@pytest.mark.parametrize("name", ["rrdb-x2", "rrdb-x4"])
def test_it_says_what_the_network_says(name: str) -> None:
    upscaler = UPSCALERS[name]
    image = noise(12, 18)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()
    with torch.inference_mode():
        direct = upscaler._descriptor.model(batch).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    assert np.abs(upscaler.upscale([image])[0] - direct).max() < 1e-5


@pytest.mark.parametrize("name", UPSCALERS)
def test_tiles_together_are_as_each_alone(name: str) -> None:
    upscaler = UPSCALERS[name]
    tiles = [noise(12, 18), noise(12, 18)[::-1], noise(12, 18)[:, ::-1]]
    for together, tile in zip(upscaler.upscale(tiles), tiles, strict=True):
        assert np.abs(together - upscaler.upscale([tile])[0]).max() < 1e-4


def test_the_batch_is_what_the_runtime_has_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = SpandrelUpscaler("rrdb-x2", checkpoints.rrdb(2, blocks=1), replace(FP32, dtype=torch.bfloat16))
    assert quick.batch_size == FP32.max_batch
    monkeypatch.setattr(Runtime, "batch_size", lambda self, item_bytes: item_bytes)
    assert quick.batch_size == 2 * 64**2 * 4 * 3 * 64
    assert UPSCALERS["rrdb-x2"].batch_size == 2 * quick.batch_size
    assert UPSCALERS["rrdb-x4"].batch_size == 4 * UPSCALERS["rrdb-x2"].batch_size
    assert UPSCALERS["span-x3"].batch_size == 4 * 64**2 * 4096


def test_bf16_stays_close_to_fp32() -> None:
    image = noise(24, 24)
    quick = SpandrelUpscaler("rrdb-x2", checkpoints.rrdb(2, blocks=1), replace(FP32, dtype=torch.bfloat16))
    error = quick.upscale([image])[0] - UPSCALERS["rrdb-x2"].upscale([image])[0]
    assert -10 * np.log10(np.mean(error**2)) >= 45


def test_weights_under_params_ema_come_before_params() -> None:
    good, other = checkpoints.rrdb(2, blocks=1), checkpoints.rrdb(2, blocks=1, seed=1)
    both = SpandrelUpscaler("both", {"params": other["params_ema"], "params_ema": good["params_ema"]}, FP32)
    image = noise(8, 8)
    assert np.array_equal(both.upscale([image]), UPSCALERS["rrdb-x2"].upscale([image]))


def test_a_network_that_half_precision_does_not_suit_runs_in_float32() -> None:
    """spandrel says that SwinIR supports bfloat16, but it fails in it."""
    torch.manual_seed(0)
    made = SwinIR(embed_dim=12, depths=[2], num_heads=[2], window_size=8, upscale=2, upsampler="pixelshuffledirect")
    upscaler = SpandrelUpscaler("swin", made.state_dict(), replace(FP32, dtype=torch.bfloat16))
    assert upscaler.upscale([noise(9, 13)])[0].shape == (18, 26, 3)


def test_a_network_that_does_not_run_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SPAN, "forward", lambda *_: 1 / 0)
    with pytest.raises(ModelUnavailable, match="mine: the network does not run: division by zero"):
        SpandrelUpscaler("mine", other_network(), FP32)


def test_a_restorer_of_faces_is_no_upscaler() -> None:
    with pytest.raises(ModelUnavailable, match="mine: the file holds a restorer of faces"):
        SpandrelUpscaler("mine", checkpoints.gfpgan(), FP32)


def grey() -> dict[str, Any]:
    torch.manual_seed(0)
    return SPAN(num_in_ch=1, num_out_ch=1, feature_channels=16, upscale=2).state_dict()


@pytest.mark.parametrize("other", [{}, {"weight": torch.zeros(3)}, {"params_ema": 7}, grey()])
def test_other_weights_are_refused_by_name(other: dict[str, Any]) -> None:
    with pytest.raises(ModelUnavailable, match="mine: the file holds"):
        SpandrelUpscaler("mine", other, FP32)


def test_real_esrgan_computes_with_packed_convolutions_and_their_activations() -> None:
    upscaler = SpandrelUpscaler("x2", checkpoints.rrdb(2, blocks=1), FP32)
    layers = [layer for layer in upscaler._descriptor.model.modules() if isinstance(layer, Convolution)]
    assert len(layers) == 3 * 5 + 6  # one block's, and those before and after
    assert all((layer.weight is None) == packs(torch.float32) for layer in layers)
    assert sum(layer.slope is not None for layer in layers) == 3 * 4 + 3
    assert not any(isinstance(layer, torch.nn.Conv2d) for layer in upscaler._descriptor.model.modules())
