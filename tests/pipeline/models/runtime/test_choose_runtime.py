"""Which device, number format and threads a machine gets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from pipeline.errors import ModelUnavailable
from pipeline.models.runtime.runtime import Runtime, choose_runtime

CPU = Runtime(torch.device("cpu"), torch.float32, tile=64, max_batch=2)


@pytest.fixture
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def has_cuda(monkeypatch: pytest.MonkeyPatch, *, bf16: bool) -> None:
    """A CUDA device as torch describes it; where bf16 is not in hardware torch still counts its emulation."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16 or including_emulation)


def cpu_can(monkeypatch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)


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
