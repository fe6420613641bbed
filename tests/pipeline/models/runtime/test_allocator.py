from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from pipeline.models.runtime import allocator
from pipeline.models.runtime.allocator import keep_freed_memory, return_freed_memory

MIB = 1024 * 1024
MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8  # as in malloc.h
CHOICES = {**dict.fromkeys(allocator.VARIABLES, "1"), "GLIBC_TUNABLES": "glibc.malloc.arena_max=2"}


class Library:
    """A C library that accepts thresholds up to some size; `told` has the options that it accepted."""

    def __init__(self) -> None:
        self.largest = 1024 * MIB
        self.told: dict[int, int] = {}

    def mallopt(self, option: int, value: int) -> int:
        if option == MMAP_THRESHOLD and value > self.largest:
            return 0
        self.told[option] = value
        return 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(allocator, "_function", lambda _: found.mallopt)
    for name in CHOICES:
        monkeypatch.delenv(name, raising=False)
    return found


@pytest.mark.parametrize(("largest", "threshold"), [(1024 * MIB, 128 * MIB), (32 * MIB, 32 * MIB)])
def test_what_it_tells(library: Library, largest: int, threshold: int) -> None:
    library.largest = largest
    assert keep_freed_memory()
    assert library.told == {MMAP_THRESHOLD: threshold, TRIM_THRESHOLD: 256 * MIB, ARENA_MAX: 1}


def test_a_library_that_refuses_is_left_as_it_is(library: Library) -> None:
    """Any option would stop glibc's automatic adjustment of the mmap threshold, which would stay far too low."""
    library.largest = 0
    assert not keep_freed_memory()
    assert library.told == {}


@pytest.mark.parametrize("name", CHOICES)
def test_an_operators_own_choice_stays(library: Library, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, CHOICES[name])
    assert not keep_freed_memory()
    assert library.told == {}


def test_choices_about_other_things_are_none_about_memory(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0")
    assert keep_freed_memory()


@pytest.mark.parametrize("error", [None, OSError(), TypeError()])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    def load(_: None) -> object:
        if error is not None:
            raise error
        return object()

    monkeypatch.setattr(allocator.ctypes, "CDLL", load)
    assert not keep_freed_memory()
    return_freed_memory()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_memory_is_kept_and_given_back() -> None:
    """24 MiB that were freed stay resident, so that pages need not be cleared again, until they are returned."""
    code = (
        "from pipeline.models.runtime.allocator import *; import ctypes, psutil; c = ctypes.CDLL(None); "
        "c.malloc.restype = ctypes.c_void_p; rss = lambda: psutil.Process().memory_info().rss >> 20; "
        "assert keep_freed_memory(); before = rss(); p = c.malloc(24 << 20); ctypes.memset(p, 1, 24 << 20); "
        "c.free(ctypes.c_void_p(p)); kept = rss() - before; return_freed_memory(); print(kept, rss() - before)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in CHOICES}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    kept, left = map(int, found.stdout.split())
    assert kept >= 20
    assert left <= 6
