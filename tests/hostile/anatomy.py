"""Valid files cut where their structure is: the head, and segments or chunks."""

from __future__ import annotations

from typing import NamedTuple

from tests.images import riff

_END, _SCAN = 0xD9, 0xDA
_PIXELS = {"jpeg": b"\xff\xda", "png": b"IDAT", "webp": b"VP8"}


class Anatomy(NamedTuple):
    """A file cut where its structure is: what it begins with, and its segments or chunks."""

    kind: str
    head: bytes
    pieces: tuple[bytes, ...]

    def joined(self, *pieces: bytes) -> bytes:
        """A file of these pieces instead; the length that a WebP file begins with is made right."""
        body = b"".join(pieces)
        return riff(b"RIFF", b"WEBP" + body) if self.kind == "webp" else self.head + body

    def pixels(self) -> int:
        """Which of the pieces (the first) holds pixels."""
        return next(at for at, piece in enumerate(self.pieces) if _PIXELS[self.kind] in piece[:8] + piece[24:27])


def dissected(kind: str, file: bytes) -> Anatomy:
    """The anatomy of a valid file."""
    pieces = []
    head = position = {"jpeg": 2, "png": 8, "webp": 12}[kind]
    while position < len(file):
        if kind == "png":
            end = position + 12 + int.from_bytes(file[position : position + 4], "big")
        elif kind == "webp":
            length = int.from_bytes(file[position + 4 : position + 8], "little")
            end = position + 8 + length + length % 2
        elif file[position + 1] == _END:
            end = position + 2
        else:
            end = position + 2 + int.from_bytes(file[position + 2 : position + 4], "big")
            while file[position + 1] == _SCAN and not (file[end] == 0xFF and (file[end + 1] & 0xF8) not in (0, 0xD0)):
                end += 1
        pieces.append(file[position:end])
        position = end
    return Anatomy(kind, file[:head], tuple(pieces))
