"""Malformed and hostile files, the same ones every time: damage to valid files of every kind, and bombs.

`python -m tests.corpus FOLDER` writes them there, one by one under their names.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests import images
from tests.containers import container_seeds
from tests.hostile.anatomy import dissected
from tests.hostile.bitmap_bombs import bmp_bombs, gif_bombs
from tests.hostile.container_damage import damaged
from tests.hostile.damage import cut, extended, flipped, misjudged, rearranged
from tests.hostile.heif_bombs import heif_bombs
from tests.hostile.jpeg_bombs import jpeg_bombs
from tests.hostile.png_bombs import png_bombs
from tests.hostile.profile_bombs import profile_bombs
from tests.hostile.seeds import seeds
from tests.hostile.tiff_bombs import tiff_bombs
from tests.hostile.webp_bombs import webp_bombs

UPLOAD_BYTES = 10 * 2**20  # none is larger than what the service takes


class HostileFile(NamedTuple):
    """A file and what is wrong with it."""

    name: str
    data: bytes


def corpus() -> Iterator[HostileFile]:
    """All of them, made one after the other."""
    for name, file in seeds().items():
        anatomy = dissected(name.partition("-")[0], file)
        for make in (cut, flipped, misjudged, rearranged, extended):
            for what, data in make(name, file, anatomy):
                yield HostileFile(f"{name}-{what}", data)
    for name, file in container_seeds().items():
        for what, data in damaged(name, file):
            yield HostileFile(f"{name}-{what}", data)
    bombs = (jpeg_bombs, png_bombs, webp_bombs, profile_bombs, tiff_bombs, bmp_bombs, gif_bombs, heif_bombs)
    for make_bombs in (_strange, *bombs):
        for what, data in make_bombs():
            yield HostileFile(what, data)


def _strange() -> Iterator[tuple[str, bytes]]:
    """What is no picture of ours at all, or megabytes of nothing beside one."""
    yield "empty", b""
    yield "zeros", bytes(100_000)
    yield "noise", images.noise()
    yield "archive", images.archive()
    yield "svg-entities", b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n"
    for name in ("jpeg-baseline", "png-color", "webp-lossy"):
        yield f"{name}-and-5-mb-of-noise", seeds()[name] + images.noise(5_000_000)
        yield f"{name}-and-9-mb-of-ff", seeds()[name] + b"\xff" * 9_000_000
    for head in (b"\xff\xd8\xff", images.PNG_SIGNATURE, b"RIFF\xff\xff\xff\xffWEBP"):
        for what, tail in {"nothing": b"", "noise": images.noise(), "zeros": bytes(9_000_000)}.items():
            yield f"head-{head[1:4].hex()}-and-{what}", head + tail


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description="Write malformed and hostile files.")
    parser.add_argument("folder", type=Path, help="where to; made if it is not there")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in corpus():
        (folder / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
