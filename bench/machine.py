"""The machine and the software on which the figures were measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil
import torch


def describe(device: str) -> dict[str, str | int | float]:
    """Names and sizes; memory in GB (10⁹ bytes). `gpu` only with `device="cuda"`."""
    found: dict[str, str | int | float] = {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpu": cpu_model(),
        "cores": _cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "vector": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
    }
    return found | {"gpu": torch.cuda.get_device_name()} if device == "cuda" else found


def cpu_model() -> str:
    """The processor's name from /proc/cpuinfo, else from Python's `platform`."""
    table = Path("/proc/cpuinfo")
    if table.exists():
        for line in table.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
