"""Whatever a photo's EXIF block, colour profile or XMP packet is, its pixels are decoded.

The first byte chooses the format, the second the colours, the third whether the rest is EXIF, a profile or XMP.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from tests.images import gradient

SIDE = 8
FORMATS = ("JPEG", "PNG", "WEBP")
MODES = ("RGB", "L", "RGBA", "CMYK")
KINDS = ("exif", "icc_profile", "xmp")  # XMP not in PNG, where Pillow does not write it
_PICTURE = Image.fromarray(gradient(SIDE, SIDE))


def try_bytes(data: bytes) -> None:
    if len(data) < 3:
        return
    header = inspect(with_metadata(data), max_pixels=SIDE * SIDE)
    for photo in (decode(header), decode(header, frozenset({"RGB", "GRAY"}))):
        if photo.image.shape != (SIDE, SIDE, 3) or not 0 <= photo.image.min() <= photo.image.max() <= 1:
            raise ValueError("The metadata has changed the photo.")


def with_metadata(data: bytes) -> bytes:
    """A small photo whose metadata are the bytes after the first three."""
    file_format, mode, kind = (
        names[byte % len(names)] for names, byte in zip((FORMATS, MODES, KINDS), data, strict=False)
    )
    if mode == ("RGBA" if file_format == "JPEG" else "CMYK"):  # which this format does not have
        mode = "RGB"
    file = BytesIO()
    # A JPEG segment holds 64 KiB, and Pillow splits only profiles.
    _PICTURE.convert(mode).save(file, file_format, **{kind: data[3 : None if kind == "icc_profile" else 60_000]})
    return file.getvalue()
