"""How networks run: device, number format, memory format, threads, batches. Only this module decides on them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.errors import DeviceFailed, DeviceOutOfMemory, ModelUnavailable
from pipeline.models.runtime.allocator import keep_freed_memory
from pipeline.models.runtime.convolution import has_onednn_bf16, pack_convolutions
from pipeline.models.runtime.cpu import usable_cores
from pipeline.types import DeviceChoice, Image, Precision

# Part of the device's free memory that a batch may use: estimates err, and other photos are processed at the same time.
FREE_SHARE = 0.5

_DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Runtime:
    """The device and number format in which networks compute, and the size of their batches.

    `tile` is the side of an upscaler's tiles in input pixels (on two cores 320 was fastest: with smaller tiles more
    pixels lie in overlaps, larger ones do not fit into the cache). `max_batch`: at most so many tiles or faces at once.
    """

    device: torch.device
    dtype: torch.dtype
    tile: int
    max_batch: int

    def prepare(
        self,
        network: torch.nn.Module,
        dtype: torch.dtype | None = None,
        memory_format: torch.memory_format = torch.channels_last,
    ) -> torch.nn.Module:
        """The network on the device, without gradients, converted to `dtype` (None: the runtime's)."""
        return self.place(network.to(self.device, dtype or self.dtype), memory_format)

    def place(
        self, network: torch.nn.Module, memory_format: torch.memory_format = torch.channels_last
    ) -> torch.nn.Module:
        """The network on the device, without gradients, its dtypes unchanged. Convolutions are packed for oneDNN."""
        network.requires_grad_(False).eval()
        network.to(self.device).to(memory_format=memory_format)
        pack_convolutions(network)
        return network

    def batch_size(self, item_bytes: int) -> int:
        """How many items, each with `item_bytes` of working memory, the device can compute at once now; at least 1.

        On CUDA as many as fit into `FREE_SHARE` of the free memory, which includes what torch's allocator has reserved
        but does not use; at most `max_batch`. On a CPU always `max_batch`.
        """
        if self.device.type != "cuda":
            return self.max_batch
        free, _ = torch.cuda.mem_get_info(self.device)
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return max(1, min(self.max_batch, int((free + kept) * FREE_SHARE) // item_bytes))

    def run(self, function: Callable[[torch.Tensor], torch.Tensor], images: Sequence[Image]) -> list[Image]:
        """Apply `function` to `images` (H, W, 3) of one shape; its output, clamped to [0, 1], as images (H', W', C).

        `function` gets a float32 batch (N, 3, H, W) on the device and returns (N, C, H', W'). Raises
        `DeviceOutOfMemory` if the device or the host has too little memory, and `DeviceFailed`.
        """
        with self.inference():
            batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)  # so it is channels-last
            if self.device.type == "cuda":
                batch = batch.pin_memory()  # the copy from pinned memory is asynchronous
            output = function(batch.to(self.device, non_blocking=True))
            return list(output.float().clamp(0, 1).permute(0, 2, 3, 1).contiguous().cpu().numpy())

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Compute without gradients inside the block.

        Raises `DeviceOutOfMemory` if memory ran out on the device or the host, after it has freed what the failed
        computation held, and `DeviceFailed` if the device cannot compute any more.
        """
        try:
            with torch.inference_mode():
                yield
        except RuntimeError as error:
            if not self.computes():
                raise DeviceFailed(
                    f"The device {self.device} has failed, and this process cannot use it again."
                ) from error
            if reports_out_of_memory(error):
                traceback.clear_frames(error.__traceback__)  # its frames hold the layers' tensors
                if self.device.type == "cuda":
                    torch.cuda.empty_cache()
                raise DeviceOutOfMemory("The device has not enough memory for this photo right now.") from error
            raise

    def computes(self) -> bool:
        """Whether the device still computes: after some errors (an assertion in a kernel, a memory fault) CUDA refuses
        all further work of the process."""
        if self.device.type != "cuda":
            return True
        try:
            torch.cuda.synchronize(self.device)
        except RuntimeError:
            return False
        return True

    def describe(self) -> dict[str, str]:
        """The device, its name and the number format, as text."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return {"device": str(self.device), "name": name, "dtype": str(self.dtype).removeprefix("torch.")}


def reports_out_of_memory(error: Exception) -> bool:
    """Whether an error of torch or onnxruntime means that memory ran out, on the host or the device.

    Only torch's CUDA allocator has an exception class for it; all else is read from the message. Adapters raise
    `DeviceOutOfMemory` then. `pipeline.run.memory_ran_out` judges the errors that leave a stage: that class, Python's
    `MemoryError` and OpenCV's error code.
    """
    message = str(error).lower()
    # oneDNN reports "could not create a primitive" for one that it created in the warm-up: it lacks memory.
    words = ("out of memory", "allocate memory", "alloc_failed", "bad_alloc", "bad allocation", "could not create a ")
    return isinstance(error, torch.OutOfMemoryError) or any(word in message for word in words)


def choose_runtime(device: DeviceChoice = "auto", precision: Precision = "auto") -> Runtime:
    """The runtime for this machine. Sets torch's threads, cuDNN's precision and glibc's allocator in this process.

    Raises `ModelUnavailable` if `device` is "cuda" and torch finds no CUDA device.
    """
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ModelUnavailable("LIKENESS_DEVICE=cuda, but torch finds no CUDA device.", stage="models")
    keep_freed_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))
    if device != "cpu" and has_cuda:
        # cuDNN must not use TF32 for float32: metrics and landmarks must not depend on the card.
        torch.backends.cudnn.allow_tf32 = False
        automatic = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
        dtype = _DTYPES.get(precision, automatic)
        return Runtime(torch.device("cuda"), dtype, tile=512, max_batch=8)
    # Half precision on a CPU is faster only if the CPU has instructions for it and oneDNN may use them
    # (ONEDNN_MAX_CPU_ISA); otherwise it is emulated and slow.
    is_fast = torch.cpu.get_capabilities().get("avx512_bf16", False) and has_onednn_bf16()
    automatic = torch.bfloat16 if is_fast else torch.float32
    # Batches of one: on a CPU larger ones are not faster and take more memory.
    return Runtime(torch.device("cpu"), _DTYPES.get(precision, automatic), tile=320, max_batch=1)
