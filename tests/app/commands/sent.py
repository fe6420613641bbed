"""Folders that are sent to a service, and what becomes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.__main__ import main
from tests.app import samples
from tests.app.server import Likeness


def folder_of(folder: Path, count: int, bad: int | None = None) -> Path:
    folder.mkdir()
    for number in range(count):
        photo = b"no picture" * 50 if number == bad else samples.file_of(samples.head(left=number))
        (folder / f"{number}.jpg").write_bytes(photo)
    (folder / "notes.txt").write_text("no photo")
    return folder


def address(server: Likeness) -> str:
    return f"http://127.0.0.1:{server.port}"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def in_background(arguments: list[str]) -> Callable[[], int]:
    """Begin a command; a function that waits for its status."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(main(arguments)))
    thread.start()

    def status() -> int:
        thread.join(60)
        assert not thread.is_alive()
        return found[0]

    return status
