"""Damage that a file of any format can take, wherever its parts lie."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator


def damaged(name: str, file: bytes) -> Iterator[tuple[str, bytes]]:
    """The file whole, cut off, with bits and bytes changed, and with lengths and places that are not so."""
    chance = random.Random(name)
    yield "whole", file
    for share in (0.02, 0.1, 0.5, 0.95):
        yield f"cut-to-{share:.0%}", file[: int(share * len(file))]
    for number in range(6):
        changed = bytearray(file)
        for _ in range(1 + number * number):
            changed[chance.randrange(8, len(file))] ^= 1 << chance.randrange(8)
        yield f"flipped-{number}", bytes(changed)
    for number in range(8):  # in the head of AVIF, BMP, GIF and HEIC, and in the directory of a TIFF
        start = chance.randrange(8, 60)
        for what, wrong in {"nothing": 0, "large": 2**31, "huge": 2**32 - 1}.items():
            yield f"number-{number}-{what}", file[:start] + struct.pack(">I", wrong) + file[start + 4 :]
    yield "twice", file + file
    yield "behind-a-space", b" " + file
