"""How much of a JPEG picture its file holds.

Where a file's compressed pixels end too early, libjpeg paints the rest of the picture grey and only warns; Pillow does
not pass the warning on. So the question is asked in another way: bytes that follow the last compressed pixel of a whole
picture change nothing, but where pixels are missing they are decoded as pixels.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.codec.file_parts import SCAN, jpeg_segments
from pipeline.errors import BrokenImage

GREY = (127, 128)  # levels of a pixel of which the file says nothing; 127 where colours are stored inverted (CMYK)
BLOCK = 8  # pixels: what is compressed as one

_NOISE = bytes(range(1, 255)) * 2
# With the eight restart markers, one of which the decoder waits for if the file has them at all.
_MORE_PIXELS = _NOISE + b"".join(bytes((0xFF, restart)) + _NOISE for restart in range(0xD0, 0xD8))


def check_length(data: bytes, width: int, height: int) -> None:
    """Raise `BrokenImage` where a JPEG file is too short for its picture: every block takes at least one bit."""
    if len(data) * 8 < (width // BLOCK) * (height // BLOCK):
        raise BrokenImage(f"This JPEG file is incomplete: {len(data)} bytes cannot hold {width} × {height} pixels.")


def missing_rows(picture: PIL.Image.Image, data: bytes) -> int:
    """How many rows at the bottom of `picture`, decoded from the JPEG file `data`, the file does not hold in full.

    A picture whose last block is not plain grey is whole. Any other is decoded once more, with bytes added.
    """
    pixels = np.asarray(picture)
    if not np.isin(pixels[-BLOCK:, -BLOCK:], GREY).all():
        return 0
    other: npt.NDArray[np.uint8] = np.asarray(JpegImageFile(BytesIO(_with_more_pixels(data))))
    changed = (pixels != other).reshape(len(pixels), -1).any(axis=1)
    return len(pixels) - int(changed.argmax()) if changed.any() else 0


def _with_more_pixels(data: bytes) -> bytes:
    """The file with bytes added to the compressed pixels of each scan."""
    parts, copied = [], 0
    for marker, _, _, following in jpeg_segments(data):
        if marker == SCAN:
            parts += [data[copied:following], _MORE_PIXELS]
            copied = following
    return b"".join((*parts, data[copied:]))
