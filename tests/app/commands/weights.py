"""Model files in the folder of weights."""

from __future__ import annotations

from pathlib import Path

DATA = b"weights" * 1000


def put(folder: Path, name: str, data: bytes = b"not it") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
