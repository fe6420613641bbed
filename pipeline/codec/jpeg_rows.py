"""How much of a JPEG picture its file holds.

Where a file's compressed pixels end too early, libjpeg paints the rest of the picture grey and only warns; Pillow does
not pass the warning on. So the question is asked in another way: bytes that follow the last compressed pixel of a whole
picture change nothing, but where pixels are missing they are decoded as pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
import PIL.Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.codec.file_parts import HUFFMAN_FRAMES, PROGRESSIVE, SCAN, jpeg_segments
from pipeline.errors import BrokenImage

GREY, NEARLY = 128, 2  # the brightness of a pixel of which the file says nothing, and how far rounding takes it away
BRIGHTNESS = {1: (1,), 3: (0.299, 0.587, 0.114), 4: (0, 0, 0, 1)}  # weights by channels: grey, RGB, CMYK
BLOCK = 8  # pixels: what is compressed as one
ROWS_AT_ONCE = 256  # of both pictures that are compared

# The decoder stops at these if it still needs pixels. Behind a restart marker it goes on if those before it are whole.
_STOPS = tuple(bytes((0xFF, code)) for code in (0x01, *range(0xD0, 0xD8)))
_NOISE = bytes(range(255)) * 2  # begins with 0: after padding (0xFF) that makes a pixel's byte of both
_FIRST = b"\xaa"  # of the noise at the end, unless after padding: begins with a 1, where the decoder would take a 0
_LEAST_NOISE, _MOST_ADDED = 8, 4 * 2**20  # bytes: at each stop, and at all of them if these are fewer
# With the eight restart markers, one of which the decoder waits for if the file has them at all.
_MORE_PIXELS = _NOISE + b"".join(stop + _NOISE for stop in _STOPS[1:])


def check_length(data: bytes, width: int, height: int) -> None:
    """Raise `BrokenImage` where a JPEG file is too short for its picture: every block takes at least one bit."""
    if len(data) * 8 < (width // BLOCK) * (height // BLOCK):
        raise BrokenImage(f"This JPEG file is incomplete: {len(data)} bytes cannot hold {width} × {height} pixels.")


@dataclass(frozen=True, slots=True)
class Missing:
    """How many rows at the bottom of a picture are not there in full, and which share of its pixels is missing."""

    rows: int = 0
    share: float = 0


def missing_pixels(picture: PIL.Image.Image, data: bytes, *, ended: bool) -> Missing:
    """What is missing of `picture`, decoded from the JPEG file `data`; `ended`: the file came with an end marker.

    If so, a picture whose last pixel is darker or brighter than grey is whole; its colour says nothing, because
    colours may be stored at half the size and bleed. Any other is decoded once more, with bytes added.
    """
    width, height = picture.size
    last = np.asarray(picture.crop((width - 1, height - 1, width, height))).ravel()
    if ended and abs(float(last @ BRIGHTNESS[len(last)]) - GREY) > NEARLY:
        return Missing()
    other = JpegImageFile(BytesIO(_with_more_pixels(data)))
    for top in range(0, height, ROWS_AT_ONCE):
        band = 0, top, width, min(top + ROWS_AT_ONCE, height)
        rows, others = (np.asarray(whole.crop(band)) for whole in (picture, other))
        changed = (rows != others).reshape(len(rows), width, -1).any(axis=2)
        if changed.any():
            first = int(changed.any(axis=1).argmax())
            blocks = changed[first : first + BLOCK]  # of these, the ones on the left of the first change are there
            there = (top + first) * width + len(blocks) * int(blocks.any(axis=0).argmax())
            return Missing(height - top - first, 1 - there / (width * height))
    return Missing()


@dataclass(frozen=True, slots=True)
class Scans:
    """What the scans of a JPEG file hold of its picture.

    `all_colors`: each component is in one of them. `all_details`: to the last bit. `last_refines`: the last scan only
    adds to what others show, so that the picture is coarse, but not grey, where the scan ends early.
    """

    all_colors: bool
    all_details: bool
    last_refines: bool


def scans_of(outline: bytes) -> Scans:
    """The scans of the JPEG file of which `outline` has the headers.

    Each scan of a progressive file has some of the 64 coefficients of some components, at first without their last bits
    (Annex G of T.81); of other files all of them.
    """
    whole: dict[int, int] = {}  # component → the coefficients that are there to their last bit, as bits
    begun: set[int] = set()
    progressive = last_refines = False
    for marker, start, _, _ in jpeg_segments(outline):
        if marker in HUFFMAN_FRAMES:
            progressive = marker == PROGRESSIVE
            whole = dict.fromkeys(outline[start + 10 : start + 10 + 3 * outline[start + 9] : 3], 0)
        elif marker == SCAN:
            count = outline[start + 4]
            components = outline[start + 5 : start + 5 + 2 * count : 2]
            first, last, bits = outline[start + 5 + 2 * count : start + 8 + 2 * count] if progressive else (0, 63, 0)
            last_refines = first > 0 or bits >> 4 > 0
            if not last_refines:
                begun.update(components)
            if bits & 0x0F == 0:
                for component in components:
                    whole[component] = whole.get(component, 0) | (2 << last) - (1 << first)
    all_details = all(coefficients == 2**64 - 1 for coefficients in whole.values())
    return Scans(begun >= whole.keys(), all_details, last_refines)


def _with_more_pixels(data: bytes) -> bytes:
    """The file with bytes added to the compressed pixels of each scan, where the decoder stops and at the end."""
    parts, copied = [], 0
    scans = [(end, following) for marker, _, end, following in jpeg_segments(data) if marker == SCAN]
    stops = sum(data.count(stop, *scan) for scan in scans for stop in _STOPS)
    noise = _NOISE[: max(_LEAST_NOISE, _MOST_ADDED // (1 + stops))]
    for end, following in scans:
        pixels = data[end:following]
        for stop in _STOPS:
            pixels = pixels.replace(stop, noise + stop)
        parts += [data[copied:end], pixels, b"" if pixels.endswith(b"\xff") else _FIRST, _MORE_PIXELS]
        copied = following
    return b"".join((*parts, data[copied:]))
