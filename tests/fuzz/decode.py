"""Whatever the bytes, `decode` gives a photo or an `InputError`, soon."""

from __future__ import annotations

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.errors import InputError

MAX_PIXELS = 4_000_000


def try_bytes(data: bytes) -> None:
    try:
        photo = decode(inspect(data, max_pixels=MAX_PIXELS))
    except InputError:
        return
    if not 0 < photo.width * photo.height <= MAX_PIXELS or not 0 <= photo.image.min() <= photo.image.max() <= 1:
        raise ValueError("This is no photo.")
