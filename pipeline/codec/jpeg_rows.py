"""How much of a JPEG picture its file holds.

Where a file's compressed pixels end too early, libjpeg paints the rest of the picture grey and only warns; Pillow does
not pass the warning on. So the question is asked in another way: bytes that follow the last compressed pixel of a whole
picture change nothing, but where pixels are missing they are decoded as pixels.
"""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.codec.file_parts import PROGRESSIVE, SCAN, jpeg_segments
from pipeline.errors import BrokenImage

GREY, NEARLY = 128, 2  # the brightness of a pixel of which the file says nothing, and how far rounding takes it away
BRIGHTNESS = {1: (1,), 3: (0.299, 0.587, 0.114), 4: (0, 0, 0, 1)}  # weights by channels: grey, RGB, CMYK
BLOCK = 8  # pixels: what is compressed as one

# Bytes at the end of a scan at which the decoder stops, as it does at the next marker: padding, and markers that mean
# nothing there.
_IDLE_END = re.compile(rb"(?:\xff+[\x01\xd0-\xd7]?)+\Z")
_NOISE = bytes(range(1, 255)) * 2
# With the eight restart markers, one of which the decoder waits for if the file has them at all.
_MORE_PIXELS = _NOISE + b"".join(bytes((0xFF, restart)) + _NOISE for restart in range(0xD0, 0xD8))


def check_length(data: bytes, width: int, height: int) -> None:
    """Raise `BrokenImage` where a JPEG file is too short for its picture: every block takes at least one bit."""
    if len(data) * 8 < (width // BLOCK) * (height // BLOCK):
        raise BrokenImage(f"This JPEG file is incomplete: {len(data)} bytes cannot hold {width} × {height} pixels.")


def missing_rows(picture: PIL.Image.Image, data: bytes) -> int:
    """How many rows at the bottom of `picture`, decoded from the JPEG file `data`, the file does not hold in full.

    A picture whose last pixel is darker or brighter than grey is whole; its colour says nothing, because colours may be
    stored at half the size and bleed. Any other is decoded once more, with bytes added.
    """
    pixels = np.asarray(picture)
    last = np.atleast_1d(pixels[-1, -1])
    if abs(float(last @ BRIGHTNESS[len(last)]) - GREY) > NEARLY:
        return 0
    other: npt.NDArray[np.uint8] = np.asarray(JpegImageFile(BytesIO(_with_more_pixels(data))))
    changed = (pixels != other).reshape(len(pixels), -1).any(axis=1)
    return len(pixels) - int(changed.argmax()) if changed.any() else 0


def lacks_detail(data: bytes) -> bool:
    """Whether a progressive JPEG file lacks scans: the picture has all rows then, but is coarse.

    Each scan has some of the 64 coefficients of some components, at first without their last bits (Annex G of T.81).
    """
    whole: dict[int, int] = {}  # component → the coefficients that are there to their last bit, as bits
    for marker, start, _, _ in jpeg_segments(data):
        if marker == PROGRESSIVE:
            whole = dict.fromkeys(data[start + 10 : start + 10 + 3 * data[start + 9] : 3], 0)
        elif marker == SCAN and whole:
            count = data[start + 4]
            first, last, bits = data[start + 5 + 2 * count : start + 8 + 2 * count]
            if bits & 0x0F == 0:
                for component in data[start + 5 : start + 5 + 2 * count : 2]:
                    whole[component] |= (2 << last) - (1 << first)
    return any(coefficients != 2**64 - 1 for coefficients in whole.values())


def _with_more_pixels(data: bytes) -> bytes:
    """The file with bytes added to the compressed pixels of each scan."""
    parts, copied = [], 0
    for marker, _, _, following in jpeg_segments(data):
        if marker == SCAN:
            end = copied + len(_IDLE_END.sub(b"", data[copied:following]))
            parts += [data[copied:end], _MORE_PIXELS]
            copied = following
    return b"".join((*parts, data[copied:]))
