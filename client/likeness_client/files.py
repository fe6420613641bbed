"""Files on the disk of the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A new file that gets its name when the block ends well, and is removed otherwise. Raises `OSError`."""
    partial = target.with_name(f"{target.name[:60]}.{token_hex(4)}.part")  # short: disks take 255 bytes
    try:
        with partial.open("xb") as file:
            yield file
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
