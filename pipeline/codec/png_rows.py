"""A check that the compressed pixels of a PNG file give its whole picture, in the memory of one 64 KiB block."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from pipeline.errors import BrokenImage

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type → samples per pixel
# Passes over the picture: first column, first row, column step, row step.
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_FILTERS = bytes(range(5))
_BLOCK = 2**16


def check_rows(header: bytes, packed: bytes) -> None:
    """Check the `packed` pixels (all IDAT chunks) of the picture that `header` (IHDR) describes.

    Pillow finds the same damage, but only when it reaches it, with the picture up to there in memory.

    Raises `BrokenImage` where a row is missing or has no valid filter, `zlib.error` where the data cannot be
    decompressed, and `struct.error` or `KeyError` for an invalid header. Data after the last row is ignored.
    """
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    blocks = _Blocks(packed)
    for left, top, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns <= 0 or rows <= 0:
            continue
        row = 1 + (columns * depth * _SAMPLES[color] + 7) // 8
        position, end = 0, rows * row
        while position < end:
            block = blocks.next(min(_BLOCK, end - position))
            if not block or block[-position % row :: row].translate(None, _FILTERS):
                raise BrokenImage("This PNG file is damaged: rows of its picture are missing or make no sense.")
            position += len(block)


class _Blocks:
    """The decompressed bytes, block by block."""

    def __init__(self, packed: bytes) -> None:
        self._unpacker = zlib.decompressobj()
        self._pieces: Iterator[bytes] = (packed[at : at + _BLOCK] for at in range(0, len(packed), _BLOCK))

    def next(self, most: int) -> bytes:
        """The next 1 to `most` bytes; empty at the end."""
        piece = self._unpacker.unconsumed_tail
        while not self._unpacker.eof:
            block = self._unpacker.decompress(piece, most)  # may hold output back for the next call
            if block:
                return block
            piece = self._unpacker.unconsumed_tail or next(self._pieces, b"")
            if not piece:
                break
        return b""
