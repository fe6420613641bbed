"""The host's memory allocator, told to keep what networks use over and over."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

MEBIBYTE = 1024 * 1024

# Names and numbers of glibc's malloc.h. What is larger than the first is taken from the system and given back each
# time, and each page of it must be cleared: with glibc's own limit of at most 32 MiB a layer's output at 512 × 512
# took longer to be made room for than to be computed. The second is how much may lie free at the top of the heap.
# One arena: memory that a thread freed is of use to the next.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
MMAP_THRESHOLDS = (128 * MEBIBYTE, 32 * MEBIBYTE)  # the second is the most that older versions take
TRIM_THRESHOLD = 256 * MEBIBYTE

# Whoever sets one of these has chosen already.
VARIABLES = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX")


def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next photo; whether it is there to be told and was told."""
    set_option = _function("mallopt")
    is_chosen = "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or any(name in os.environ for name in VARIABLES)
    if set_option is None or is_chosen:
        return False
    # This one or none: any option ends glibc's own adjustment of it, and it would stay where it begins, at 128 KiB.
    if not any(set_option(M_MMAP_THRESHOLD, value) for value in MMAP_THRESHOLDS):
        return False
    set_option(M_TRIM_THRESHOLD, TRIM_THRESHOLD)
    set_option(M_ARENA_MAX, 1)
    return True


def return_freed_memory() -> None:
    """Give back to the system what is free now: for after something that is not done again soon."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name (musl, macOS, Windows)."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no library of that kind
        return None
