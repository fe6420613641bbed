"""How networks run: device, number format, memory layout, threads, batches. Adapters ask here; nothing else knows."""

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

# Part of the device's free memory that a batch may count on: estimates err, and other photos are worked on beside it.
FREE_SHARE = 0.5

_DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and in which number format the networks compute, and how much they are given at a time.

    `tile` is the side, in input pixels, of what an upscaler sees at once (on two cores 320 was fastest: smaller tiles
    see more twice, larger ones leave the cache); `max_batch` the most tiles or faces at once.
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
        """The network on the device, without gradients, in this number format (the runtime's own unless given)."""
        return self.place(network.to(self.device, dtype or self.dtype), memory_format)

    def place(
        self, network: torch.nn.Module, memory_format: torch.memory_format = torch.channels_last
    ) -> torch.nn.Module:
        """The network on the device, without gradients, each part in the number format that it has."""
        network.requires_grad_(False).eval()
        network.to(self.device).to(memory_format=memory_format)
        pack_convolutions(network)
        return network

    def batch_size(self, item_bytes: int) -> int:
        """How many items, each with so many bytes of working memory, the device can take at once now; at least 1.

        On CUDA as many as fit into `FREE_SHARE` of what is free, counting what torch's allocator keeps but does not
        use; `max_batch` at the most. On a CPU always `max_batch`.
        """
        if self.device.type != "cuda":
            return self.max_batch
        free, _ = torch.cuda.mem_get_info(self.device)
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return max(1, min(self.max_batch, int((free + kept) * FREE_SHARE) // item_bytes))

    def run(self, function: Callable[[torch.Tensor], torch.Tensor], images: Sequence[Image]) -> list[Image]:
        """`function` on a float32 batch (N, 3, H, W) in [0, 1] made of `images` (H, W, 3), and back.

        Raises `DeviceOutOfMemory` where the device, or the host, has not enough memory.
        """
        with self.inference():
            batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)  # channels last already
            if self.device.type == "cuda":
                batch = batch.pin_memory()  # what lies in pinned memory the card fetches by itself
            output = function(batch.to(self.device, non_blocking=True))
            return list(output.float().clamp(0, 1).permute(0, 2, 3, 1).contiguous().cpu().numpy())

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Torch computes without gradients inside. Raises `DeviceOutOfMemory` where memory ran out, there or here,
        and `DeviceFailed` where the device computes nothing any more.

        What the failed computation held on the device is free again by then.
        """
        try:
            with torch.inference_mode():
                yield
        except RuntimeError as error:
            if not self.computes():
                raise DeviceFailed(
                    f"The device {self.device} has failed, and this process cannot use it again."
                ) from error
            if is_out_of_memory(error):
                traceback.clear_frames(error.__traceback__)  # it holds whatever the network's layers were computing
                if self.device.type == "cuda":
                    torch.cuda.empty_cache()
                raise DeviceOutOfMemory("The device has not enough memory for this photo right now.") from error
            raise

    def computes(self) -> bool:
        """Whether the device still does anything: after some errors (an assertion in a kernel, a memory fault) CUDA
        refuses all further work of the process."""
        if self.device.type != "cuda":
            return True
        try:
            torch.cuda.synchronize(self.device)
        except RuntimeError:
            return False
        return True

    def describe(self) -> dict[str, str]:
        """Device and number format in words."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return {"device": str(self.device), "name": name, "dtype": str(self.dtype).removeprefix("torch.")}


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on the host or a device: only torch's own allocator on CUDA has an exception for it."""
    message = str(error).lower()
    # oneDNN "could not create" what it did create in the warm-up: memory is what it lacks.
    words = ("out of memory", "allocate memory", "alloc_failed", "bad_alloc", "bad allocation", "could not create a ")
    return isinstance(error, torch.OutOfMemoryError) or any(word in message for word in words)


def choose_runtime(device: DeviceChoice = "auto", precision: Precision = "auto") -> Runtime:
    """The runtime for this machine; sets up torch, its threads and the memory of this process for it.

    Raises `ModelUnavailable` if CUDA is asked for and not there.
    """
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ModelUnavailable("LIKENESS_DEVICE=cuda, but torch finds no CUDA device.", stage="models")
    keep_freed_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))
    if device != "cpu" and has_cuda:
        # float32 means float32, also in convolutions: figures and landmarks must not depend on the card.
        torch.backends.cudnn.allow_tf32 = False
        automatic = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
        dtype = _DTYPES.get(precision, automatic)
        return Runtime(torch.device("cuda"), dtype, tile=512, max_batch=8)
    # Half precision on a CPU pays only where its instructions exist, and oneDNN may use them (ONEDNN_MAX_CPU_ISA);
    # elsewhere it is emulated and slow.
    is_fast = torch.cpu.get_capabilities().get("avx512_bf16", False) and has_onednn_bf16()
    automatic = torch.bfloat16 if is_fast else torch.float32
    # One at a time: a batch computes nothing faster here, and takes more memory.
    return Runtime(torch.device("cpu"), _DTYPES.get(precision, automatic), tile=320, max_batch=1)
