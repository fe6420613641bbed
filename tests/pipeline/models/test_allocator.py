from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from pipeline.models import allocator
from pipeline.models.allocator import CHOSEN, keep_freed_memory, return_freed_memory

GLIBC = hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the C library would be told."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(allocator, "_function", lambda _: lambda *call: calls.append(call) or 1)
    for name in allocator.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return calls


def test_what_it_tells(told: list[tuple[int, int]]) -> None:
    assert keep_freed_memory()
    assert dict(told) == CHOSEN


@pytest.mark.parametrize("name", allocator.VARIABLES)
def test_an_operators_own_choice_stays(told: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert not keep_freed_memory()
    assert told == []


@pytest.mark.parametrize("error", [None, OSError(), TypeError()])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    def library(_: None) -> object:
        if error is not None:
            raise error
        return object()

    monkeypatch.setattr(allocator.ctypes, "CDLL", library)
    assert not keep_freed_memory()
    return_freed_memory()


@pytest.mark.skipif(not GLIBC, reason="needs glibc")
def test_memory_is_kept_and_given_back() -> None:
    """64 MiB, freed: still resident afterwards, so that the next use need not clear pages; until it is returned."""
    code = (
        "from pipeline.models.allocator import *; import ctypes, psutil; c = ctypes.CDLL(None); "
        "c.malloc.restype = ctypes.c_void_p; rss = lambda: psutil.Process().memory_info().rss >> 20; "
        "assert keep_freed_memory(); before = rss(); p = c.malloc(64 << 20); ctypes.memset(p, 1, 64 << 20); "
        "c.free(ctypes.c_void_p(p)); kept = rss() - before; return_freed_memory(); print(kept, rss() - before)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kept, left = map(int, found.stdout.split())
    assert kept >= 60
    assert left <= 8
