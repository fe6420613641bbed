"""Peak memory of this process: of one run, and since its start."""

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
    """Peaks of the resident memory, and of torch's memory on a CUDA device, in MB (10⁶ bytes).

    Linux can reset the peak, so that each run has its own; elsewhere a run's peak is the process's.
    """

    def __init__(self) -> None:
        self._ever_mb = 0.0

    def reset(self) -> None:
        """Begin a run: return freed memory to the system, and reset the peaks."""
        gc.collect()
        return_freed_memory()  # else memory of an earlier, larger run would count
        self._ever_mb = max(self._ever_mb, _peak_mb())
        with suppress(OSError):  # not Linux, or not permitted
            _RESET.write_text("5")
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, float | None]:
        """Peaks: `run_mb` since the last reset, `process_mb` since the start, `device_mb` on CUDA since the reset."""
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
