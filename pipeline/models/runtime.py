"""How networks run: device, number format, memory layout. Adapters ask here; nothing else knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.errors import DeviceOutOfMemory, ModelUnavailable
from pipeline.types import DeviceChoice, Image, Precision

_DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and in which number format the networks compute, and how much they are given at a time.

    `tile` is the side, in input pixels, of what an upscaler sees at once (on two cores 320 was fastest: smaller tiles
    see more twice, larger ones leave the cache); `batch_size` the faces at once.
    """

    device: torch.device
    dtype: torch.dtype
    tile: int
    batch_size: int

    def prepare(
        self,
        network: torch.nn.Module,
        dtype: torch.dtype | None = None,
        memory_format: torch.memory_format = torch.channels_last,
    ) -> torch.nn.Module:
        """The network on the device, without gradients, in this number format (the runtime's own unless given)."""
        network.requires_grad_(False).eval()
        return network.to(self.device, dtype or self.dtype).to(memory_format=memory_format)

    def run(self, function: Callable[[torch.Tensor], torch.Tensor], images: Sequence[Image]) -> list[Image]:
        """`function` on a float32 batch (N, 3, H, W) in [0, 1] made of `images` (H, W, 3), and back.

        Raises `DeviceOutOfMemory` where the device, or the host, has not enough memory.
        """
        with self.inference():
            batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)  # channels last already
            output = function(batch.to(self.device))
            return list(output.float().clamp(0, 1).permute(0, 2, 3, 1).contiguous().cpu().numpy())

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Torch computes without gradients inside. Raises `DeviceOutOfMemory` where memory ran out, there or here."""
        try:
            with torch.inference_mode():
                yield
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise DeviceOutOfMemory("The device has not enough memory for this photo right now.") from error
            raise

    def describe(self) -> dict[str, str]:
        """Device and number format in words."""
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        return {"device": str(self.device), "name": name, "dtype": str(self.dtype).removeprefix("torch.")}


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on the host or a device: only torch's own allocator on CUDA has an exception for it."""
    message = str(error).lower()
    words = ("out of memory", "allocate memory", "alloc_failed", "bad_alloc", "bad allocation")
    return isinstance(error, torch.OutOfMemoryError) or any(word in message for word in words)


def choose_runtime(device: DeviceChoice = "auto", precision: Precision = "auto") -> Runtime:
    """The runtime for this machine. Raises `ModelUnavailable` if CUDA is asked for and not there."""
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ModelUnavailable("LIKENESS_DEVICE=cuda, but torch finds no CUDA device.", stage="models")
    if device != "cpu" and has_cuda:
        # float32 means float32, also in convolutions: figures and landmarks must not depend on the card.
        torch.backends.cudnn.allow_tf32 = False
        automatic = torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
        dtype = _DTYPES.get(precision, automatic)
        return Runtime(torch.device("cuda"), dtype, tile=512, batch_size=8)
    # Half precision on a CPU pays only where its instructions exist; elsewhere it is emulated and slow.
    automatic = torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32
    return Runtime(torch.device("cpu"), _DTYPES.get(precision, automatic), tile=320, batch_size=1)
