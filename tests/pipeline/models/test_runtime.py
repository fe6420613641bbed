from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable
from pipeline.models.runtime import Runtime, choose_runtime
from pipeline.types import Image

CPU = Runtime(torch.device("cpu"), torch.float32, tile=64, batch_size=2)


def noise(height: int = 5, width: int = 7, seed: int = 0) -> Image:
    image = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    image.flags.writeable = False
    return image


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def has_cuda(monkeypatch: pytest.MonkeyPatch, *, bf16: bool) -> None:
    """A CUDA device as torch describes it; where bf16 is not in hardware torch still counts its emulation."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16 or including_emulation)


def cpu_can(monkeypatch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)


# --- choose_runtime ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_cuda")
def test_cuda_that_is_not_there_is_an_error_not_a_slow_answer() -> None:
    with pytest.raises(ModelUnavailable, match="LIKENESS_DEVICE=cuda") as caught:
        choose_runtime("cuda")
    assert caught.value.stage == "models"


@pytest.mark.usefixtures("no_cuda")
@pytest.mark.parametrize("device", ["auto", "cpu"])
@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_the_asked_precision_is_taken(device: Any, precision: Any, dtype: torch.dtype) -> None:
    runtime = choose_runtime(device, precision)
    assert runtime.device.type == "cpu"
    assert runtime.dtype == dtype


@pytest.mark.usefixtures("no_cuda")
@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [({"avx512_bf16": True}, torch.bfloat16), ({"avx512_bf16": False}, torch.float32), ({}, torch.float32)],
)
def test_a_processor_computes_in_bf16_only_where_it_has_the_instructions(
    capabilities: dict[str, bool], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu_can(monkeypatch, **capabilities)
    assert choose_runtime().dtype == dtype


@pytest.mark.parametrize(("bf16", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_computes_in_bf16_only_where_it_has_the_instructions(
    device: Any, bf16: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_cuda(monkeypatch, bf16=bf16)
    runtime = choose_runtime(device)
    assert (runtime.device.type, runtime.dtype) == ("cuda", dtype)
    assert runtime.batch_size > 1


def test_the_precision_can_be_chosen_on_a_gpu_too(monkeypatch: pytest.MonkeyPatch) -> None:
    has_cuda(monkeypatch, bf16=True)
    assert choose_runtime("cuda", "fp32").dtype == torch.float32


def test_cpu_is_taken_where_it_is_asked_for_beside_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    has_cuda(monkeypatch, bf16=True)
    assert choose_runtime("cpu").device.type == "cpu"


def test_a_runtime_describes_itself() -> None:
    assert CPU.describe() == {"device": "cpu", "name": "cpu", "dtype": "float32"}
    assert replace(CPU, dtype=torch.bfloat16).describe()["dtype"] == "bfloat16"


def test_a_gpu_is_described_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "A fast one")
    assert replace(CPU, device=torch.device("cuda")).describe() == {
        "device": "cuda",
        "name": "A fast one",
        "dtype": "float32",
    }


# --- prepare and run ---------------------------------------------------------------------------------------------


def test_a_prepared_network_only_infers() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Dropout())
    prepared = replace(CPU, dtype=torch.bfloat16).prepare(network)
    assert not prepared.training
    assert not any(module.training for module in prepared.modules())
    for parameter in prepared.parameters():
        assert not parameter.requires_grad
        assert parameter.dtype == torch.bfloat16
    weight = next(prepared.parameters())
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_images_go_to_the_function_as_one_batch_and_come_back_as_they_were() -> None:
    images = [noise(seed=1), noise(seed=2)]
    seen: list[torch.Tensor] = []

    def look(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch)
        assert torch.is_inference_mode_enabled()
        return batch

    found = CPU.run(look, images)
    assert seen[0].shape == (2, 3, 5, 7)
    assert seen[0].dtype == torch.float32
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
    for image, same in zip(images, found, strict=True):
        assert np.array_equal(image, same)
        assert not np.shares_memory(image, same)
        assert same.dtype == np.float32
        assert same.flags.c_contiguous


def test_channels_are_not_mixed() -> None:
    (swapped,) = CPU.run(lambda batch: batch.flip(1), [noise()])
    assert np.array_equal(swapped, noise()[..., ::-1])


def test_values_beyond_the_range_are_clipped() -> None:
    (image,) = CPU.run(lambda batch: batch * 4 - 1, [noise()])
    assert (image.min(), image.max()) == (0, 1)


def test_half_precision_comes_back_as_float32() -> None:
    (image,) = CPU.run(lambda batch: batch.to(torch.bfloat16), [noise()])
    assert image.dtype == np.float32
    assert np.abs(image - noise()).max() < 0.01


def greedy(batch: torch.Tensor) -> torch.Tensor:
    return torch.empty(10**16, dtype=torch.uint8)  # ten petabytes


def test_memory_that_the_processor_has_not_is_out_of_memory() -> None:
    with pytest.raises(DeviceOutOfMemory) as caught:
        CPU.run(greedy, [noise()])
    assert isinstance(caught.value.__cause__, RuntimeError)


def raising(error: Exception) -> Any:
    def function(batch: torch.Tensor) -> torch.Tensor:
        raise error

    return function


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 5 bytes"),
    ],
)
def test_out_of_memory_of_either_kind_is_recognised(error: Exception) -> None:
    with pytest.raises(DeviceOutOfMemory) as caught:
        CPU.run(raising(error), [noise()])
    assert caught.value.__cause__ is error
    assert "bytes" not in caught.value.message


@pytest.mark.parametrize("error", [RuntimeError("shapes do not fit"), ValueError("no")])
def test_other_errors_are_not_taken_for_a_lack_of_memory(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        CPU.run(raising(error), [noise()])
    assert caught.value is error


def test_the_runtime_is_of_use_after_a_failure() -> None:
    with pytest.raises(DeviceOutOfMemory):
        CPU.run(greedy, [noise()])
    (image,) = CPU.run(lambda batch: batch, [noise()])
    assert np.array_equal(image, noise())
