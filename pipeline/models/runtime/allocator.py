"""Settings of glibc's memory allocator: it keeps freed memory, which the next layers and photos need again."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

MEBIBYTE = 1024 * 1024

# Names and numbers from glibc's malloc.h. A block above the mmap threshold is mapped anew for each allocation, and the
# kernel clears each of its pages: with glibc's own threshold of at most 32 MiB it took longer to allocate a layer's
# output at 512 × 512 than to compute it. The trim threshold is the free memory that may stay at the top of the heap.
# With one arena, a thread can use memory that another one freed.
M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX = -3, -1, -8
MMAP_THRESHOLDS = (128 * MEBIBYTE, 32 * MEBIBYTE)  # older versions of glibc accept at most the second
TRIM_THRESHOLD = 256 * MEBIBYTE

# If one of these is set, the operator has configured the allocator, and it stays as it is.
VARIABLES = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX")


def keep_freed_memory() -> bool:
    """Let glibc keep freed memory for the next photo. False if the C library is another, or already configured."""
    set_option = _function("mallopt")
    is_chosen = "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or any(name in os.environ for name in VARIABLES)
    if set_option is None or is_chosen:
        return False
    # Without this option the others must not be set: any option stops glibc's automatic adjustment of the mmap
    # threshold, which would stay at its initial 128 KiB.
    if not any(set_option(M_MMAP_THRESHOLD, value) for value in MMAP_THRESHOLDS):
        return False
    set_option(M_TRIM_THRESHOLD, TRIM_THRESHOLD)
    set_option(M_ARENA_MAX, 1)
    return True


def return_freed_memory() -> None:
    """Return freed memory to the system: for use after work that is not soon repeated."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name (musl, macOS, Windows)."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows
        return None
