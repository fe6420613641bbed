from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable
from pipeline.models.runtime.runtime import Runtime
from pipeline.models.upscalers.compact import CompactUpscaler
from pipeline.types import Image
from tests import checkpoints
from tests.pipeline.models.compact import direct, network, noise

FP32 = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=1)
BF16 = replace(FP32, dtype=torch.bfloat16)


@pytest.mark.parametrize(("convolutions", "overlap"), [(2, 6), (4, 8), (20, 32), (40, 48)])
def test_the_upscaler_tells_what_tiling_must_know(convolutions: int, overlap: int) -> None:
    upscaler = CompactUpscaler("fine-x2", network(2, convolutions=convolutions).state_dict(), FP32)
    assert (upscaler.name, upscaler.scale, upscaler.tile, upscaler.overlap) == ("fine-x2", 2, FP32.tile, overlap)


def test_the_upscaler_enlarges_a_tile() -> None:
    net, image = network(4), noise(9, 14)
    assert np.abs(CompactUpscaler("x4", net.state_dict(), FP32).upscale([image])[0] - direct(net, image)).max() < 1e-5


def test_the_upscaler_enlarges_tiles_together() -> None:
    upscaler = CompactUpscaler("x4", network(4).state_dict(), FP32)
    tiles = [noise(9, 14, seed) for seed in range(3)]
    for together, tile in zip(upscaler.upscale(tiles), tiles, strict=True):
        assert np.abs(together - upscaler.upscale([tile])[0]).max() < 1e-5


@pytest.mark.parametrize("runtime", [FP32, BF16, replace(FP32, tile=128)], ids=["fp32", "bf16", "large"])
def test_the_batch_is_what_the_runtime_has_memory_for(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    upscaler = CompactUpscaler("x4", network(4, features=16).state_dict(), runtime)
    assert upscaler.batch_size == runtime.max_batch
    monkeypatch.setattr(Runtime, "batch_size", lambda self, item_bytes: item_bytes)
    features, pictures = 2 * 16 * runtime.dtype.itemsize, 3 * 3 * 4**2 * 4
    assert upscaler.batch_size == runtime.tile**2 * (features + pictures)


# --- less denoising ----------------------------------------------------------------------------------------------


def denoised(strength: float, upscaler: CompactUpscaler) -> Image:
    assert upscaler.adjustable
    adjusted = upscaler.denoising(strength)
    assert (adjusted.name, adjusted.scale, adjusted.overlap) == (upscaler.name, upscaler.scale, upscaler.overlap)
    return adjusted.upscale([noise(9, 11)])[0]


def test_the_strength_leads_from_one_network_to_its_twin() -> None:
    strong, mild = (
        checkpoints.compact(features=8, convolutions=2, seed=1),
        checkpoints.compact(features=8, convolutions=2, seed=2),
    )
    upscaler = CompactUpscaler("strong", strong, FP32, mild["params"])
    assert upscaler.denoising(1) is upscaler
    assert np.array_equal(denoised(0, upscaler), CompactUpscaler("mild", mild, FP32).upscale([noise(9, 11)])[0])
    halfway = denoised(0.5, upscaler)
    assert np.abs(halfway - denoised(0, upscaler)).max() > 0.01
    assert np.abs(halfway - upscaler.upscale([noise(9, 11)])[0]).max() > 0.01


def test_without_a_twin_it_denoises_as_it_does() -> None:
    upscaler = CompactUpscaler("strong", checkpoints.compact(features=8, convolutions=2), FP32)
    assert not upscaler.adjustable
    assert upscaler.denoising(0.5) is upscaler


def test_memory_that_runs_out_while_mixing_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = checkpoints.compact(features=8, convolutions=2)
    upscaler = CompactUpscaler("strong", weights, FP32, weights)

    def exhausted(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(Runtime, "prepare", exhausted)
    with pytest.raises(DeviceOutOfMemory):
        upscaler.denoising(0.5)


def test_a_twin_of_another_shape_is_refused() -> None:
    strong, other = (checkpoints.compact(features=8, convolutions=count) for count in (2, 3))
    with pytest.raises(ModelUnavailable, match="strong: the weights for less denoising"):
        CompactUpscaler("strong", strong, FP32, other)
