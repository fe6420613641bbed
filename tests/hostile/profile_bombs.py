"""Colour profiles that are damaged or built to be expensive, in files of every format."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from functools import partial

from tests import images
from tests.compressed import zeros
from tests.hostile.seeds import PICTURE, seeds
from tests.images import chunk, segment

_ICC = 0xE2


def profile_bombs() -> Iterator[tuple[str, bytes]]:
    """Colour profiles in each format: huge, very many, damaged, of the wrong colours, and ones that take minutes."""
    swapped = images.swapped_profile()
    chance = random.Random(5)
    damaged = bytearray(swapped)
    for _ in range(40):
        damaged[chance.randrange(128, len(damaged))] = chance.randrange(256)
    makers = {
        "jpeg": images.jpeg,
        "png": images.png,
        "webp": images.webp,
        "grey": partial(images.grey, file_format="PNG"),
    }
    for what, profile in {
        "damaged": bytes(damaged),
        "cut": swapped[:200],
        "of-nothing-but-a-head": swapped[:128],
        "of-inks": swapped[:16] + b"CMYK" + swapped[20:],
        "of-grey": images.linear_grey_profile(),
        "of-15-colors": swapped[:16] + b"FCLR" + swapped[20:],
        "of-a-device-link": swapped[:12] + b"link" + swapped[16:],
        "with-100-tags": swapped[:128] + struct.pack(">I", 100) + b"rXYZ\0\0\0\x80\0\0\0\x14" * 100,
        "with-2-to-the-32-tags": swapped[:128] + b"\xff" * 4 + swapped[132:],
        "with-tags-outside": swapped[:136] + b"\xff\xff\xff\xf0" * 2 + swapped[144:],
        "of-9-mb": swapped + bytes(9_000_000),
        "of-20000-steps": program_profile(20_000),
    }.items():
        for name, make in makers.items():
            yield f"{name}-profile-{what}", make(PICTURE, icc_profile=profile)
    plain, part = seeds()["jpeg-baseline"], b"ICC_PROFILE\0"
    for what, numbers in {"zero": (0, 0), "the-same": (1, 2), "beyond": (9, 2)}.items():
        piece = segment(_ICC, part + bytes(numbers) + swapped)
        yield f"jpeg-profile-parts-numbered-{what}", plain[:2] + piece * 2 + plain[2:]
    yield "jpeg-profile-in-4000-parts", plain[:2] + segment(_ICC, part + b"\1\xff" + bytes(9)) * 4_000 + plain[2:]
    yield (
        "jpeg-profile-in-150-large-parts",
        plain[:2] + segment(_ICC, part + b"\1\xff" + bytes(60_000)) * 150 + plain[2:],
    )
    yield "png-profile-bomb", images.profile_bomb(PICTURE)
    yield (
        "png-profile-bomb-of-200-mb",
        images.with_chunks(seeds()["png-color"], chunk(b"iCCP", b"icc\0\0" + zeros(2 * 10**8))),
    )
    yield "png-1000-profile-bombs", images.profile_bomb(PICTURE, megabytes=1, copies=1_000)


def program_profile(steps: int) -> bytes:
    """An RGB profile that is a program of so many matrices, all of them stored in the same 60 bytes."""
    matrix = b"matf" + bytes(4) + struct.pack(">2H12f", 3, 3, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0)
    place = struct.pack(">II", 16 + 8 * steps, len(matrix))
    program = b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, steps) + place * steps + matrix
    white = struct.pack(">3i", 63_190, 65_536, 54_061)
    tags, body = b"", b""
    for name, content in {b"wtpt": b"XYZ " + bytes(4) + white, b"D2B0": program}.items():
        tags += name + struct.pack(">II", 128 + 4 + 24 + len(body), len(content))
        body += content
    size = 128 + 4 + len(tags) + len(body)
    head = struct.pack(">II4s4s4s4s12x4s28x12s48x", size, 0, b"\4\x30\0\0", b"mntr", b"RGB ", b"XYZ ", b"acsp", white)
    return head + struct.pack(">I", 2) + tags + body
