from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.errors import DeviceFailed, DeviceOutOfMemory, ModelUnavailable
from pipeline.models.runtime.runtime import Runtime, choose_runtime
from pipeline.types import Image

CPU = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=2)


def noise(height: int = 5, width: int = 7, seed: int = 0) -> Image:
    image = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    image.flags.writeable = False
    return image


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def has_cuda(monkeypatch: pytest.MonkeyPatch, *, bf16: bool) -> None:
    """A CUDA device as torch describes it. Without bf16 in hardware torch still reports its emulation."""
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
    monkeypatch.setattr("pipeline.models.runtime.runtime.has_onednn_bf16", lambda: True)
    assert choose_runtime().dtype == dtype


@pytest.mark.usefixtures("no_cuda")
def test_a_processor_whose_instructions_onednn_may_not_use_computes_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu_can(monkeypatch, avx512_bf16=True)
    monkeypatch.setattr("pipeline.models.runtime.runtime.has_onednn_bf16", lambda: False)
    assert choose_runtime().dtype == torch.float32


@pytest.mark.usefixtures("no_cuda")
@pytest.mark.parametrize(("variable", "threads"), [(None, [1]), ("4", [])])
def test_no_more_threads_than_the_containers_share(
    variable: str | None, threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("pipeline.models.runtime.runtime.usable_cores", lambda: 1)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if variable is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    choose_runtime()
    assert asked == threads


@pytest.mark.usefixtures("no_cuda")
def test_freed_memory_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []
    monkeypatch.setattr("pipeline.models.runtime.runtime.keep_freed_memory", lambda: told.append(True))
    choose_runtime()
    assert told == [True]


@pytest.mark.parametrize(("bf16", "dtype"), [(True, torch.bfloat16), (False, torch.float16)])
@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_computes_in_bf16_only_where_it_has_the_instructions(
    device: Any, bf16: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_cuda(monkeypatch, bf16=bf16)
    runtime = choose_runtime(device)
    assert (runtime.device.type, runtime.dtype) == ("cuda", dtype)
    assert runtime.max_batch > 1


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


# --- batch_size --------------------------------------------------------------------------------------------------

CUDA = replace(CPU, device=torch.device("cuda"), max_batch=8)
GIB = 2**30


def cuda_has(monkeypatch: pytest.MonkeyPatch, *, free: int, reserved: int = 0, allocated: int = 0) -> None:
    """Bytes of a device with 80 GiB, as torch reports them."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: reserved)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: allocated)


@pytest.mark.parametrize(
    ("free", "expected"),
    [(80 * GIB, 8), (16 * GIB, 8), (16 * GIB - 1, 7), (5 * GIB, 2), (2 * GIB, 1), (GIB, 1), (0, 1)],
)
def test_a_batch_takes_at_most_half_of_the_free_memory(
    free: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda_has(monkeypatch, free=free)
    assert CUDA.batch_size(GIB) == expected


def test_what_torch_keeps_without_using_it_is_free_too(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda_has(monkeypatch, free=2 * GIB, reserved=7 * GIB, allocated=3 * GIB)
    assert CUDA.batch_size(GIB) == 3


def test_the_memory_is_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda_has(monkeypatch, free=80 * GIB)
    assert CUDA.batch_size(GIB) == 8
    cuda_has(monkeypatch, free=4 * GIB)
    assert CUDA.batch_size(GIB) == 2


@pytest.mark.parametrize("item_bytes", [1, 10**15])
def test_on_a_processor_no_memory_is_read(item_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cuda, "mem_get_info")
    assert CPU.batch_size(item_bytes) == CPU.max_batch
    assert choose_runtime("cpu").batch_size(item_bytes) == 1


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
        RuntimeError("could not create a primitive: 5 bytes"),
    ],
)
def test_out_of_memory_of_either_kind_is_recognised(error: Exception) -> None:
    with pytest.raises(DeviceOutOfMemory) as caught:
        CPU.run(raising(error), [noise()])
    assert caught.value.__cause__ is error
    assert "bytes" not in caught.value.message


@pytest.mark.parametrize("runtime", [CPU, CUDA], ids=["cpu", "cuda"])
def test_what_a_failed_computation_held_is_free_before_the_cache_is_emptied(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[weakref.ref[torch.Tensor]] = []
    emptied: list[bool] = []

    def computation() -> None:
        features = torch.zeros(3)
        held.append(weakref.ref(features))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    def compute() -> None:
        with runtime.inference():
            computation()

    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append(held[0]() is None))
    with pytest.raises(DeviceOutOfMemory):  # `error` still refers to the traceback here
        compute()
    assert held[0]() is None
    assert emptied == ([True] if runtime is CUDA else [])


@pytest.mark.parametrize(
    "error",
    [RuntimeError("CUDA error: device-side assert triggered"), torch.OutOfMemoryError("CUDA out of memory.")],
)
def test_a_device_that_does_nothing_any_more_has_failed(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the message: after such an error CUDA answers every call with it."""

    def compute() -> None:
        with CUDA.inference():
            raise error

    def refuse(_: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "synchronize", refuse)
    with pytest.raises(DeviceFailed) as caught:
        compute()
    assert caught.value.__cause__ is error
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    with pytest.raises((RuntimeError, DeviceOutOfMemory)):
        compute()


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
