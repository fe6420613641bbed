"""The rows of a PNG picture that its compressed pixels give, counted in the memory of one 64 KiB block.

Pillow does not count them: where the compressed data ends early, it leaves the other rows black and says nothing; where
the data has no end, it may refuse a picture of which all rows are there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import BrokenImage

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type → samples per pixel
# Passes over the picture: first column, first row, column step, row step.
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_FILTERS = bytes(range(5))
_BLOCK = 2**16


@dataclass(frozen=True, slots=True)
class Rows:
    """How many of `total` rows are `there`, counted in all passes of an interlaced picture, and both in bytes.

    `ended`: the compressed data ends behind the last row, as it should.
    """

    there: int
    total: int
    bytes_there: int
    bytes_total: int
    interlaced: bool
    ended: bool


def count_rows(header: bytes, packed: bytes) -> Rows:
    """The rows that the `packed` pixels (all IDAT chunks) give of the picture that `header` (IHDR) describes.

    Raises `BrokenImage` where a row has no valid filter, `zlib.error` where the data cannot be decompressed or
    its sum is wrong, and `struct.error` or `KeyError` for an invalid header. Data after the last row is ignored.
    """
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    blocks, there, total, bytes_there, bytes_total = _Blocks(packed), 0, 0, 0, 0
    for left, top, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns <= 0 or rows <= 0:
            continue
        row = 1 + (columns * depth * _SAMPLES[color] + 7) // 8
        whole = _whole_rows(blocks, rows, row)
        there, total = there + whole, total + rows
        bytes_there, bytes_total = bytes_there + whole * row, bytes_total + rows * row
    return Rows(there, total, bytes_there, bytes_total, bool(interlaced), blocks.has_end())


def completed(packed: bytes, rows: Rows) -> bytes:
    """The `packed` pixels of a picture, of which `rows` are there, compressed anew, with zeros for those missing.

    Zeros are black or transparent, or the first colour of a palette.
    """
    blocks, packer, pieces, left = _Blocks(packed), zlib.compressobj(1), [], rows.bytes_there
    while left > 0 and (block := blocks.next(min(_BLOCK, left))):
        pieces.append(packer.compress(block))
        left -= len(block)
    pieces.append(packer.compress(bytes(rows.bytes_total - rows.bytes_there)))
    return b"".join((*pieces, packer.flush()))


def _whole_rows(blocks: _Blocks, rows: int, row: int) -> int:
    """How many of the next `rows` rows are there, `row` bytes each. Raises `BrokenImage` for an invalid filter."""
    position, end = 0, rows * row
    while position < end and (block := blocks.next(min(_BLOCK, end - position))):
        if block[-position % row :: row].translate(None, _FILTERS):
            raise BrokenImage("This PNG file is damaged: rows of its picture make no sense.")
        position += len(block)
    return position // row


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

    def has_end(self) -> bool:
        """Whether nothing is left but the end of the data, and this is there. Raises `zlib.error` for a wrong sum."""
        return not self.next(1) and self._unpacker.eof
