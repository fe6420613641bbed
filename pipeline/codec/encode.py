"""A photo → the bytes of a file, in one of the `OUTPUT_FORMATS`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.codec.icc_profile import srgb_tag
from pipeline.codec.levels import levels_of
from pipeline.codec.output_formats import OUTPUT_FORMATS, check_size
from pipeline.grey import to_grey
from pipeline.options import FileOptions, OutputFormat
from pipeline.types import FileTags, FloatArray, Image, Notice

_DEFAULTS, _NO_TAGS = FileOptions(), FileTags()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished file, its media type, and what the format could not keep."""

    data: bytes
    media_type: str
    notices: tuple[Notice, ...] = ()


def encode(
    image: Image,
    alpha: FloatArray | None,
    output_format: OutputFormat,
    options: FileOptions = _DEFAULTS,
    *,
    is_grey: bool = False,
    tags: FileTags = _NO_TAGS,
) -> Encoded:
    """The file with `image` (H, W, 3), RGB in [0, 1], and `alpha` (H, W) in [0, 1] or None.

    Values are clipped and rounded to the levels of the format: 8 bits, or 16 where that is asked for and the format
    has them. The same picture, options and tags always give the same bytes. For a format without alpha the picture is
    composited onto white, with the notice `alpha_flattened`. Where `is_grey`, the three channels of `image` are equal,
    and only one is written where the format can and the profile is not one of RGB, beside the alpha only in a PNG of 8
    bits; a profile of grey takes one channel in any case. A file without a profile in `tags` says that its numbers are
    sRGB. Tags that the format cannot hold are left out with the notice `metadata_dropped`; a density that it cannot
    hold, without.

    Raises `OutputFormatLimit` where a side is longer than the format allows, and `RuntimeError` where the encoder
    fails.
    """
    check_size(image.shape[1], image.shape[0], output_format)
    info, name = OUTPUT_FORMATS[output_format], output_format.upper()
    notices: tuple[Notice, ...] = ()
    on_white = alpha is not None and not info.has_alpha
    if on_white:
        notices = (Notice("alpha_flattened", f"{name} has no transparency; the picture was laid on white."),)
    bits = int(options.bit_depth) if info.has_16_bits else 8
    # No encoder here writes grey and opacity in 16 bits or in another format than PNG.
    if info.has_grey and (alpha is None or on_white or (info.has_grey_alpha and bits == 8)):
        image = _channels(image, is_grey, tags.profile)
    tags, dropped = _fitting(tags, output_format)
    if tags.profile is None:
        tags = replace(tags, profile=srgb_tag(output_format, image.shape[2]))
    levels = levels_of(image, alpha, bits=bits, on_white=on_white)
    return Encoded(info.write(levels, options, tags), info.media_type, notices + dropped)


def _channels(image: Image, is_grey: bool, profile: bytes | None) -> Image:
    """`image` (H, W, 3), or one channel (H, W, 1) where it is grey and `profile` is not one of RGB."""
    colors = b"" if profile is None else profile[16:20]  # the colour space of an ICC profile's numbers
    if colors == b"GRAY" and not is_grey:
        image = to_grey(image)
    return image[..., :1] if colors == b"GRAY" or (is_grey and colors != b"RGB ") else image


def _fitting(tags: FileTags, output_format: OutputFormat) -> tuple[FileTags, tuple[Notice, ...]]:
    """The tags that a file of this format can hold, and what to say of the others."""
    info, name = OUTPUT_FORMATS[output_format], output_format.upper()
    notices: list[Notice] = []

    def fitting(kind: str, block: bytes, most: int) -> bytes:
        if len(block) <= most:
            return block
        reason = f"{name} holds at most {most:,} bytes of it" if most else f"{name} has no place for it"
        notices.append(Notice("metadata_dropped", f"The photo's {kind} is left out: {reason}."))
        return b""

    exif, xmp = fitting("EXIF", tags.exif, info.most_exif), fitting("XMP", tags.xmp, info.most_xmp)
    iptc = fitting("IPTC", tags.iptc, info.most_iptc)
    return replace(tags, exif=exif, xmp=xmp, iptc=iptc), tuple(notices)
