"""Memory that photos will take, compared with what is free: a photo that would not fit is refused before decoding."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeAlias

import psutil

from app.work.errors import MemoryLow
from pipeline.models.runtime.cpu import CGROUP
from pipeline.options import FileOptions, OutputFormat

Claim: TypeAlias = Callable[[int], None]  # reserves so many bytes; raises `MemoryLow`

# Bytes at the peak of a photo, beyond what the loaded models hold. Measured by `python -m bench.footprint`.
INPUT_PIXEL = 16  # of the photo, and of a reference
OUTPUT_PIXEL = 16  # of the picture that comes out, with its opacity
# Of that picture while it is measured, encoded and put into the answer: the most for noise, with opacity. The encoders
# of WebP and AVIF take most of it for themselves: 43 and 55 bytes at 12 megapixels, beside 14 of the PNG encoder.
FINISHING_PIXEL: Mapping[OutputFormat, int] = {"png": 14, "jpeg": 14, "tiff": 14, "webp": 43, "avif": 56}
DEEP_FINISHING_PIXEL = 30  # with 16 bits, of which an answer's file alone may have 8 bytes a pixel, in base64 11 more


def photo_bytes(pixels: int, output_pixels: int, working_bytes: int, finishing: int = FINISHING_PIXEL["png"]) -> int:
    """Bytes that a photo takes at its peak; `working_bytes` is the most that one of its networks works in.

    `finishing` is what `finishing_pixel` says. A result that is smaller than the photo counts as large as it: decoding
    and the metrics work at the photo's size.
    """
    return working_bytes + INPUT_PIXEL * pixels + (OUTPUT_PIXEL + finishing) * max(pixels, output_pixels)


def finishing_pixel(output_format: OutputFormat, options: FileOptions) -> int:
    """Bytes for each pixel of a result that is written in this way, while it is encoded and sent."""
    return max(FINISHING_PIXEL[output_format], DEEP_FINISHING_PIXEL if options.bit_depth == "16" else 0)


def reference_bytes(pixels: int) -> int:
    """Bytes that a reference takes in addition."""
    return INPUT_PIXEL * pixels


def free_bytes(cgroup: Path = CGROUP) -> int:
    """Bytes that this process can still get: from the machine, and within its container's limit if there is one."""
    available = int(psutil.virtual_memory().available)
    for limit_name, usage_name in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            limit, usage = (int((cgroup / name).read_text()) for name in (limit_name, usage_name))
            reclaimable = _inactive_file((cgroup / limit_name).with_name("memory.stat"))
        except (OSError, ValueError):  # not Linux, no limit ("max"), or the other version of control groups
            continue
        return max(0, min(available, limit - usage + reclaimable))
    return available


def resident_bytes() -> int:
    """Bytes of memory that this process holds."""
    return int(psutil.Process().memory_info().rss)


def _inactive_file(stat: Path) -> int:
    """Bytes of cached files that count as a container's usage, but that the kernel frees when memory is needed."""
    fields = dict(line.split() for line in stat.read_text().splitlines())
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))


class Ledger:
    """The memory reserved for photos. Any thread may use it.

    Free for photos is what the system has left, plus what this process holds beyond its models (uploads and answers
    lie there while they are reserved), less everything reserved.
    """

    def __init__(self, free: Callable[[], int] = free_bytes, resident: Callable[[], int] = resident_bytes) -> None:
        self._free, self._resident = free, resident
        self._base: int | None = None
        self.reserved = 0  # bytes; only the methods change it, and the next one
        self.releases = 0  # how often some were given back
        self._lock = threading.RLock()

    def settle(self) -> None:
        """Take what the process holds now for its models, which stay."""
        self._base = self._resident()

    def reserve(self, size: int) -> None:
        """Reserve `size` bytes without asking whether they are free; a negative size gives them back."""
        with self._lock:
            self.reserved += size
            self.releases += size < 0

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Reserve `size` bytes for the length of the block without asking whether they are free."""
        self.reserve(size)
        try:
            yield
        finally:
            self.reserve(-size)

    @contextmanager
    def account(self, spare: int = 0) -> Iterator[Claim]:
        """A function that reserves bytes until the end of the block, at each call. It raises `MemoryLow`.

        It leaves at least `spare` bytes free.
        """
        claims = ExitStack()

        def claim(needed: int) -> None:
            resident = self._resident()
            with self._lock:
                base = resident if self._base is None else min(self._base, resident)
                free = self._free() + resident - base - self.reserved
                if needed + spare > free:
                    raise MemoryLow(needed, max(0, free - spare))
                claims.enter_context(self.held(needed))

        with claims:
            yield claim
