"""Zeros as zlib compresses them, without the seconds that compressing hundreds of megabytes takes."""

from __future__ import annotations

import zlib
from functools import cache

BLOCK = 10**6
ADLER_MODULUS = 65_521


@cache
def zeros(count: int, tail: bytes = b"") -> bytes:
    """So many zeros and the tail, compressed a thousandfold.

    A full flush makes the compressed block independent of what is before it, so one block is repeated.
    """
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = packer.compress(bytes(BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % BLOCK) + tail) + packer.flush()
    checksum = zlib.adler32(tail, (count % ADLER_MODULUS) << 16 | 1)
    return b"\x78\xda" + block * (count // BLOCK) + rest + checksum.to_bytes(4, "big")
