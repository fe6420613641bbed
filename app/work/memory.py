"""Memory that photos will take, set against what is free: one that would not fit is refused before it is decoded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import psutil

from pipeline.models.runtime.cpu import CGROUP

Claim: TypeAlias = Callable[[int], None]

# Bytes at the peak of a request, beyond what the loaded models hold. Measured: the README has the table.
INPUT_PIXEL = 16  # of the photo, and of a reference
OUTPUT_PIXEL = 30  # of the picture that comes out, as pixels, encoded, and in the answer
WORKING = 160 * 2**20  # of networks at work on a tile or a face: the embedded ones
WORKING_OFFICIAL = 400 * 2**20  # and any other, for each byte of its numbers: 2 in half precision, 4 in float32


def photo_bytes(pixels: int, upscale_factor: float, number_bytes: int | None = None) -> int:
    """What a photo takes at its peak, in bytes: by its pixels, how much it is enlarged, and the models used.

    `number_bytes` is the size of the numbers that they compute in, or None if all of them are embedded ones.
    """
    working = WORKING if number_bytes is None else WORKING_OFFICIAL * number_bytes
    return int(working + INPUT_PIXEL * pixels + OUTPUT_PIXEL * pixels * upscale_factor**2)


def reference_bytes(pixels: int) -> int:
    """What a reference takes beside it."""
    return INPUT_PIXEL * pixels


def free_bytes(cgroup: Path = CGROUP) -> int:
    """What this process can still get: of the machine, and of its container where that has a limit."""
    available = int(psutil.virtual_memory().available)
    for limit_name, usage_name in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            limit, usage = (int((cgroup / name).read_text()) for name in (limit_name, usage_name))
            reclaimable = _inactive_file((cgroup / limit_name).with_name("memory.stat"))
        except (OSError, ValueError):  # not Linux, no limit ("max"), or the other version
            continue
        return max(0, min(available, limit - usage + reclaimable))
    return available


def resident_bytes() -> int:
    """What this process holds."""
    return int(psutil.Process().memory_info().rss)


def _inactive_file(stat: Path) -> int:
    """Bytes of file contents that a container's usage counts, and that the system drops when memory is wanted."""
    fields = dict(line.split() for line in stat.read_text().splitlines())
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))


class TooLittleMemory(Exception):
    """A photo does not fit. Both in bytes."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(needed, free)
        self.needed = needed
        self.free = free


class Ledger:
    """Who has been promised how much. May be used by any thread.

    What is free for photos is what the system has left and what this process holds beyond its models, less all that
    was promised: a photo in work may not have taken its part yet, uploads that wait and answers on their way out have.
    """

    def __init__(self, free: Callable[[], int] = free_bytes, resident: Callable[[], int] = resident_bytes) -> None:
        self._free = free
        self._resident = resident
        self._base: int | None = None
        self._promised = 0
        self._lock = threading.RLock()

    @property
    def promised(self) -> int:
        """Bytes that are promised or held."""
        return self._promised

    def settle(self) -> None:
        """What the process holds now is its models, and stays."""
        self._base = self._resident()

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """So many bytes are held for the length of the block, whether they were to be had or not."""
        with self._lock:
            self._promised += size
        try:
            yield
        finally:
            with self._lock:
                self._promised -= size

    @contextmanager
    def account(self) -> Iterator[Claim]:
        """For one photo: a function that claims so many bytes, more than once if need be, until the end of the block.

        It raises `TooLittleMemory` where they are not to be had.
        """
        claims = ExitStack()

        def claim(needed: int) -> None:
            resident = self._resident()
            with self._lock:
                base = resident if self._base is None else min(self._base, resident)
                free = self._free() + resident - base - self._promised
                if needed > free:
                    raise TooLittleMemory(needed, max(0, free))
                claims.enter_context(self.held(needed))

        with claims:
            yield claim
