"""The most memory that this process has held, in one run and ever."""

from __future__ import annotations

import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

from pipeline.models.runtime.allocator import return_freed_memory

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class PeakMemory:
    """Peaks of the resident memory in MB (10⁶ bytes), and of what torch held on a CUDA device.

    Linux can forget a peak, so that each run has its own; where that is not possible a run's is the process's.
    """

    def __init__(self) -> None:
        self._ever_mb = 0.0

    def reset(self) -> None:
        """A run begins: give back what is free, and forget the peak so far."""
        gc.collect()
        return_freed_memory()  # or an earlier, larger run would count for this one
        self._ever_mb = max(self._ever_mb, _peak_mb())
        with suppress(OSError):  # no Linux, or not allowed
            _RESET.write_text("5")
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, float | None]:
        """`run_mb`: since the last reset; `process_mb`: ever; `device_mb`: on the device since then, None without."""
        run_mb = _peak_mb()
        self._ever_mb = max(self._ever_mb, run_mb)
        device_mb = torch.cuda.max_memory_allocated() / 1e6 if torch.cuda.is_available() else None
        return {"run_mb": run_mb, "process_mb": self._ever_mb, "device_mb": device_mb}


def _peak_mb() -> float:
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return float(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
