"""Whatever a photo's EXIF, colour profile, XMP or IPTC is, its pixels are decoded, and its metadata cleaned.

The first byte chooses the format, the second the colours, the third whether the rest is EXIF, a profile, XMP or IPTC.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from pipeline.codec.decode import decode
from pipeline.codec.inspect import inspect
from pipeline.codec.photoshop import PHOTOSHOP
from pipeline.metadata.exif import MAX_EXIF_BYTES, read_exif
from pipeline.metadata.iptc import MAX_IPTC_BYTES, kept_iptc
from pipeline.metadata.kept import Wish, kept_tags
from pipeline.metadata.xmp import MAX_XMP_BYTES, kept_xmp
from pipeline.metadata.xmp_packet import parsed
from pipeline.types import FileTags
from tests.images import gradient, segment

SIDE = 8
FORMATS = ("JPEG", "PNG", "WEBP")
MODES = ("RGB", "L", "RGBA", "CMYK")
KINDS = ("exif", "icc_profile", "xmp", "iptc")  # XMP not in PNG, where Pillow does not write it; IPTC in JPEG only
_LONGEST = 60_000  # bytes: a JPEG segment holds 64 KiB
_PICTURE = Image.fromarray(gradient(SIDE, SIDE))


def try_bytes(data: bytes) -> None:
    if len(data) < 3:
        return
    header = inspect(with_metadata(data), max_pixels=SIDE * SIDE)
    for photo in (decode(header), decode(header, frozenset({"RGB", "GRAY"}))):
        if photo.image.shape != (SIDE, SIDE, 3) or not 0 <= photo.image.min() <= photo.image.max() <= 1:
            raise ValueError("The metadata has changed the photo.")
    tags, _ = kept_tags(header, (SIDE, SIDE), Wish(metadata=True))
    if says_more_than_it_may(tags):
        raise ValueError("Metadata stays that must not, or is not well-formed.")
    kept_tags(header, (SIDE, SIDE), Wish(metadata=True, location=True))


def says_more_than_it_may(tags: FileTags) -> bool:
    """Whether something of the tags is too long, damaged, or left out when they are read again."""
    exif = read_exif(tags.exif, keep_location=True)
    if tags.xmp:
        parsed(tags.xmp)
    return (
        len(tags.exif) > MAX_EXIF_BYTES
        or not exif.whole
        or bool(exif.gps)
        or len(tags.xmp) > MAX_XMP_BYTES
        or kept_xmp(tags.xmp) != (tags.xmp, True)
        or len(tags.iptc) > MAX_IPTC_BYTES
        or kept_iptc(tags.iptc) != (tags.iptc, True)
    )


def with_metadata(data: bytes) -> bytes:
    """A small photo whose metadata are the bytes after the first three."""
    file_format, mode, kind = (
        names[byte % len(names)] for names, byte in zip((FORMATS, MODES, KINDS), data, strict=False)
    )
    if kind == "iptc":
        file_format = "JPEG"
    if mode == ("RGBA" if file_format == "JPEG" else "CMYK"):  # which this format does not have
        mode = "RGB"
    file = BytesIO()
    if kind == "iptc":
        _PICTURE.convert(mode).save(file, file_format)
        start, resources = file.getvalue()[:2], segment(0xED, PHOTOSHOP + data[3:_LONGEST])
        return start + resources + file.getvalue()[2:]
    # Pillow splits only profiles over several segments.
    _PICTURE.convert(mode).save(file, file_format, **{kind: data[3 : None if kind == "icc_profile" else _LONGEST]})
    return file.getvalue()
