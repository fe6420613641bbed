"""The tags of a photo's file → those of the result's file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.codec.inspect import Header
from pipeline.metadata.exif import read_exif, written_exif
from pipeline.metadata.iptc import kept_iptc
from pipeline.metadata.xmp import kept_xmp
from pipeline.types import Density, FileTags, Notice


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be kept beside the density: EXIF, XMP and IPTC at all, and of them what tells a place."""

    metadata: bool = False
    location: bool = False


def kept_tags(
    header: Header, size: tuple[int, int], wish: Wish, profile: bytes | None = None
) -> tuple[FileTags, tuple[Notice, ...]]:
    """The tags of a result of `size` (width, height) pixels, and what to say about those that are left out.

    The result is upright, and its pixels are meant in `profile`; None: in sRGB. What cannot be read, or is larger than
    every format can hold, is left out with the notice `metadata_dropped`; what a result must not keep, without one.
    """
    told = header.parts.tags
    exif = read_exif(told.exif, keep_location=wish.location)
    density = told.density or exif.density
    if density is not None and 5 <= header.orientation <= 8:  # across has become down
        density = Density(density.y, density.x)
    tags = FileTags(profile=profile, density=density)
    if not wish.metadata:
        return tags, ()
    width, height = size
    block, all_written = written_exif(exif, width=width, height=height, found_density=density, is_srgb=profile is None)
    xmp, whole_xmp = kept_xmp(told.xmp, keep_location=wish.location)
    iptc, whole_iptc = kept_iptc(told.iptc, keep_location=wish.location)
    whole = {"EXIF": exif.whole and all_written, "XMP": whole_xmp, "IPTC": whole_iptc}
    dropped = [kind for kind, is_whole in whole.items() if not is_whole]
    notices = []
    if dropped:
        message = f"Metadata of the photo that is damaged or too large was left out: {', '.join(dropped)}."
        notices.append(Notice("metadata_dropped", message))
    return replace(tags, exif=block, xmp=xmp, iptc=iptc), tuple(notices)
