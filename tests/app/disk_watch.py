"""`python -m tests.app.disk_watch`: print as JSON which files a process opens for writing while it serves photos.

It runs on every system; `system_calls` sees native code too, but needs strace.

It needs a process of its own because an audit hook cannot be removed, and because a hook written in Python lets two
threads set their trace functions at the same moment, after which one of them does not start (CPython 3.11).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.formparsers import MultiPartParser

from tests import images
from tests.app import samples
from tests.app.server import Likeness, serving

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MEBIBYTE = 2**20


def main() -> None:
    """Watch photos being served, then with uploads spooled to disk, and then every way to write a file."""
    watched: list[list[str]] = []

    def on_audit(event: str, arguments: tuple[Any, ...]) -> None:
        if watched and event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            watched[-1].append(str(arguments[0]))

    @contextmanager
    def opened_for_writing() -> Iterator[list[str]]:
        """The files that any thread of this process opens for writing."""
        found: list[str] = []
        watched.append(found)
        try:
            yield found
        finally:
            watched.remove(found)

    sys.addaudithook(on_audit)
    with serving() as server:
        photo = large_upload()
        server.enhance(photo)  # the first photo imports modules, which writes their bytecode
        with opened_for_writing() as served:
            statuses = photos(server, photo)
        MultiPartParser.spool_max_size = MEBIBYTE
        with opened_for_writing() as spooled:
            server.enhance(photo)
    with tempfile.TemporaryDirectory() as folder, opened_for_writing() as written:
        every_way(Path(folder))
    names = [Path(name).name for name in written]
    found = {"statuses": statuses, "served": served, "spooled": spooled, "written": names}
    sys.stdout.write(json.dumps({**found, "onnxruntime": "onnxruntime" in sys.modules}))


def photos(server: Likeness, photo: bytes) -> list[int]:
    """The statuses of four photos: with a reference, answered by an image, output as JPEG, and cut off."""
    answers = (
        server.enhance(photo, reference=samples.file_of(samples.head(192))),
        server.enhance(photo, accept="image/webp"),
        server.enhance(photo, output_format="jpeg"),
        server.enhance(photo[: 3 * MEBIBYTE]),
    )
    return [answer.status_code for answer in answers]


def large_upload() -> bytes:
    """A photo with a face, and 5 MiB in a chunk after its header."""
    return images.with_chunks(samples.file_of(samples.head(), "PNG"), images.chunk(b"prVt", images.noise(5 * MEBIBYTE)))


def every_way(folder: Path) -> None:
    """Open the files a, b, c and d for writing, each in a different way."""
    (folder / "a").write_bytes(b"x")
    with open(folder / "b", "a"), open(folder / "a", "rb"):
        pass
    os.close(os.open(folder / "c", os.O_RDWR | os.O_CREAT))
    with open(folder / "d", "x"):
        pass


if __name__ == "__main__":
    main()
