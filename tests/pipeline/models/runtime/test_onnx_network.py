from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable, StageFailed
from pipeline.models.runtime.onnx_network import OnnxNetwork
from pipeline.models.runtime.runtime import Runtime
from tests.detector_checkpoints import onnx_bytes

CPU = Runtime(torch.device("cpu"), torch.bfloat16, tile=64, max_batch=1)


def network(*, inputs: int = 1, shape: tuple[int | str, ...] = ("N", 2)) -> bytes:
    """Adds its first and last input, and doubles the first."""
    names = [f"in{index}" for index in range(inputs)]
    nodes = [
        helper.make_node("Add", [names[0], names[-1]], ["sum"]),
        helper.make_node("Mul", [names[0], names[0]], ["square"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("sum", "square")],
    )
    return onnx_bytes(graph)


def test_all_outputs_in_float32() -> None:
    made = OnnxNetwork("net", network(), CPU)
    first, second = made.run(np.array([[1, 3], [2, 5]], dtype=np.float64))  # type: ignore[arg-type]
    assert np.array_equal(first, [[2, 6], [4, 10]])
    assert np.array_equal(second, [[1, 9], [4, 25]])
    assert first.dtype == second.dtype == np.float32


def test_it_tells_what_it_takes() -> None:
    made = OnnxNetwork("net", network(shape=("N", 7, 3)), CPU)
    assert made.input_shape == (None, 7, 3)
    assert made.outputs == 2


@pytest.mark.parametrize("data", [b"", b"nonsense", network()[:60]])
def test_what_is_no_network_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ModelUnavailable, match="net: the file holds no ONNX network"):
        OnnxNetwork("net", data, CPU)


def test_a_network_with_two_inputs_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="one input is expected, not 2"):
        OnnxNetwork("net", network(inputs=2), CPU)


def test_an_input_that_does_not_fit_fails_the_stage() -> None:
    with pytest.raises(StageFailed, match="net failed"):
        OnnxNetwork("net", network(), CPU).run(np.zeros((1, 3), dtype=np.float32))


@pytest.mark.parametrize(
    "message",
    [
        "BFCArena: Failed to allocate memory for requested buffer of size 123",
        "std::bad_alloc",
        "CUDA failure 2: out of memory",
    ],
)
def test_memory_that_ran_out_is_told_as_such(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = OnnxNetwork("net", network(), CPU)

    class Exhausted:
        def run(self, *_: Any) -> Any:
            raise RuntimeError(message)

    monkeypatch.setattr(made, "_session", Exhausted())
    with pytest.raises(DeviceOutOfMemory):
        made.run(np.zeros((1, 2), dtype=np.float32))


@pytest.mark.parametrize(
    ("device", "available", "expected"),
    [
        ("cpu", ["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (
            "cuda",
            ["CUDAExecutionProvider", "CPUExecutionProvider"],
            ["CUDAExecutionProvider", "CPUExecutionProvider"],
        ),
        ("cuda", ["AzureExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
    ],
)
def test_it_computes_where_the_runtime_does_if_onnxruntime_can(
    device: str, available: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    session = onnxruntime.InferenceSession

    def watched(data: bytes, options: Any, providers: list[str]) -> Any:
        asked.append(providers)
        return session(data, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    monkeypatch.setattr(onnxruntime, "InferenceSession", watched)
    OnnxNetwork("net", network(), replace(CPU, device=torch.device(device)))
    assert asked == [expected]
