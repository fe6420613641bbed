"""ONNX networks on a runtime: insightface publishes its networks only in this format.

The installed package decides where they compute: `onnxruntime` supports the CPU, `onnxruntime-gpu` CUDA as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable, StageFailed
from pipeline.models.runtime.runtime import Runtime, reports_out_of_memory


class OnnxNetwork:
    """A network with one input, which computes in float32 whatever the runtime's number format.

    `input_shape` has the length of each axis, None for an axis of any length. Raises `ModelUnavailable` for a file
    (`data`) that holds no such network.
    """

    def __init__(self, name: str, data: bytes, runtime: Runtime) -> None:
        # Here, so that a process without an ONNX model does not load this library. Its telemetry is turned off in
        # pipeline/__init__.py.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only: its warnings concern the file's graph
        options.intra_op_num_threads = torch.get_num_threads()  # as the runtime set them
        # Spinning idle threads would take CPU time from torch's threads.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = ["CUDAExecutionProvider"] if runtime.device.type == "cuda" else []
        providers = [p for p in (*wanted, "CPUExecutionProvider") if p in onnxruntime.get_available_providers()]
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=providers)
            # onnxruntime keeps the file's bytes in case the device is changed later, which never happens here.
            self._session._model_bytes = None
        except Exception as error:  # onnxruntime has an exception for each kind of broken file
            raise ModelUnavailable(f"{name}: the file holds no ONNX network that runs.", stage="models") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelUnavailable(f"{name}: a network with one input is expected, not {len(inputs)}.", stage="models")
        self.name = name
        self.input_shape = tuple(side if isinstance(side, int) else None for side in inputs[0].shape)
        self.outputs = len(self._session.get_outputs())
        self._input_name = inputs[0].name

    def run(self, batch: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """All outputs, float32, in the file's order, for a `batch` of shape `input_shape`.

        Raises `DeviceOutOfMemory`, and `StageFailed` for any other failure, such as a batch of another shape.
        """
        try:
            outputs = self._session.run(None, {self._input_name: np.ascontiguousarray(batch, dtype=np.float32)})
        except Exception as error:
            if reports_out_of_memory(error):
                raise DeviceOutOfMemory("Not enough memory for this photo right now.") from error
            raise StageFailed(f"The network {self.name} failed.") from error
        return [np.asarray(output, dtype=np.float32) for output in outputs]
