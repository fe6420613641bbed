"""ONNX networks on a runtime: those that are published in this format only (insightface's).

onnxruntime's own build decides where they compute: the package `onnxruntime` knows the CPU, `onnxruntime-gpu` CUDA too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable, StageFailed
from pipeline.models.runtime.runtime import Runtime, is_out_of_memory


class OnnxNetwork:
    """A network with one input; computes in float32, whatever the runtime's own number format.

    `input_shape` is as the file has it: a number for each axis, None for one that may have any length.
    """

    def __init__(self, name: str, data: bytes, runtime: Runtime) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only: its warnings are about graphs, not about photos
        options.intra_op_num_threads = torch.get_num_threads()  # as the runtime set them
        # Its idle threads would spin and take the processor from torch's.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = ["CUDAExecutionProvider"] if runtime.device.type == "cuda" else []
        providers = [p for p in (*wanted, "CPUExecutionProvider") if p in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=providers)
            # It keeps the file to begin anew on another device, which nobody asks for: memory for a second network.
            self._session._model_bytes = None
        except Exception as error:  # onnxruntime has one class for each kind of broken file
            raise ModelUnavailable(f"{name}: the file holds no ONNX network that runs.", stage="models") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelUnavailable(f"{name}: a network with one input is expected, not {len(inputs)}.", stage="models")
        self.name = name
        self.input_shape = tuple(side if isinstance(side, int) else None for side in inputs[0].shape)
        self.outputs = len(self._session.get_outputs())
        self._input_name = inputs[0].name

    def run(self, batch: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """All outputs for `batch`. Raises `DeviceOutOfMemory`, and `StageFailed` for anything else."""
        try:
            outputs = self._session.run(None, {self._input_name: np.ascontiguousarray(batch, dtype=np.float32)})
        except Exception as error:
            if is_out_of_memory(error):
                raise DeviceOutOfMemory("Not enough memory for this photo right now.") from error
            raise StageFailed(f"The network {self.name} failed.") from error
        return [np.asarray(output, dtype=np.float32) for output in outputs]
