"""How many CPU cores this process may use: a container's quota may be far less than the machine has."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """The number of cores in this process's affinity mask, at most its quota, at least 1.

    The quota is that of Linux's control groups (version 2: `cpu.max`, version 1: `cpu.cfs_quota_us`), as set by
    Docker's `--cpus` and Kubernetes' limits. More threads than that would wait for each other.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    """CPU time per period, in cores; None without a limit, or if it cannot be read."""
    try:
        if (cgroup / "cpu.max").is_file():
            limit, period = (cgroup / "cpu.max").read_text().split()
        else:
            limit, period = ((cgroup / "cpu" / f"cpu.cfs_{what}_us").read_text() for what in ("quota", "period"))
        quota = float(limit) / float(period)
    except (OSError, ValueError, ZeroDivisionError):  # not Linux, "max", or an unknown format
        return None
    return quota if quota > 0 else None
