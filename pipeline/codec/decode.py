"""Header of an uploaded file → an upright sRGB photo."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.codec.color_space import ColorSpace
from pipeline.codec.damage import damage_reported
from pipeline.codec.deep_pixels import deep_pixels
from pipeline.codec.file_parts import Parts
from pipeline.codec.inspect import Header
from pipeline.codec.jpeg_rows import check_length, missing_pixels, scans_of
from pipeline.codec.limits import CHECKED_BEFORE_DECODING, MAX_MISSING
from pipeline.codec.photo_colors import photo_colors
from pipeline.codec.png_parts import png_file
from pipeline.codec.png_rows import completed, count_rows
from pipeline.codec.tiff_parts import check_deflated
from pipeline.codec.transparency import spread_colors
from pipeline.errors import BrokenImage
from pipeline.grey import is_grey, to_grey
from pipeline.types import FloatArray, Image, Notice, Photo

DEPTH_REDUCED = "depth_reduced"  # the code of a notice that only concerns results of 16 bits
_ROWS_AT_ONCE = 64
_UPRIGHT = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


def decode(header: Header, kept_spaces: frozenset[str] = frozenset()) -> Photo:
    """The photo in the file that `header` describes, upright, and in sRGB or in the photo's own colours.

    `image` is (H, W, 3) float32 RGB in [0, 1]; `alpha` is (H, W) float32 in [0, 1], or None where every pixel is
    opaque. Where it is 0, `image` has the colour of visible pixels near it. The orientation of the header is applied.

    An embedded colour profile, or the colour space that the file tells, is converted to sRGB; one that cannot be used
    leaves the pixels as they are, with the notice `color_profile_ignored`. HDR is made as dark as sRGB, with the notice
    `hdr_tone_mapped`. A profile whose own space (RGB, GRAY) is one of `kept_spaces` is kept: `image` has the photo's
    own numbers, and the photo the `profile`. Where that cannot be, it is converted all the same, with the notice
    `color_profile_replaced`.

    Of an animation the first frame is taken, with the notice `animation_first_frame`. A JPEG that lacks its last rows,
    which are then grey, or the last scans of a progressive picture, and a PNG that lacks its last rows, which are then
    empty, have the notice `photo_truncated`. 16 bits keep their precision; but they are cut to 8 where a profile is
    converted, with the notice `depth_reduced`, and colours too in a TIFF that stores them one by one or multiplied by
    the opacity. A photo whose channels differ by at most two levels of 255 in every pixel that is seen `is_grey`.

    Raises `BrokenImage` where the pixels are damaged, cut off (rows of a JPEG or PNG: more than `MAX_MISSING`) or built
    to be expensive.
    """
    parts, pixels = header.parts, header.parts.pixels
    notices = [*parts.notices]
    with damage_reported(header.file_format.name):
        if header.width * header.height > CHECKED_BEFORE_DECODING:
            _check_cheaply(header)
        if parts.header:
            pixels, truncation = _all_rows(parts)
            notices += truncation
        deep = deep_pixels(header, pixels)
        file = header.file_format.plugin(BytesIO(pixels))
        if deep is None:
            file.load()
        if file.size != (header.width, header.height):  # what was checked and reserved is for the header's size
            name = header.file_format.name
            raise BrokenImage(f"This {name} file is damaged: its picture has another size than its header says.")
        if isinstance(file, JpegImageFile):
            notices += _truncation(parts, file)
        if parts.animated or getattr(file, "is_animated", False):
            notices.append(Notice("animation_first_frame", "The file is an animation; only its first frame is used."))
        turn = _UPRIGHT.get(header.orientation)
        if deep is None:
            picture = file if turn is None else file.transpose(turn)
        else:
            # Where no profile is applied to 8-bit pixels, one pixel stands for them.
            picture = PIL.Image.new(deep.mode, (1, 1)) if parts.profile is None else deep.rounded()
        if picture.mode == "RGBa":  # colours multiplied by the opacity
            picture = picture.convert("RGBA")
        alpha = _alpha(picture) if deep is None else deep.opacity()
        picture = _opaque(picture)
        profile = file.info.get("icc_profile") if parts.profile is None else parts.profile
        colors = photo_colors(picture, profile, parts.space, kept_spaces, has_alpha=alpha is not None)
        notices += colors.notices
    kept_deep = deep is not None and colors.picture is picture  # a profile was not converted, which takes 8 bits
    if colors.picture is not picture and (deep is not None or picture.mode.startswith("I;16")):
        message = "Its colour profile was converted, which cut the photo's 16 bits per channel to 8."
        notices.append(Notice(DEPTH_REDUCED, message))
    image = _image(deep.colors if deep is not None and kept_deep else np.asarray(colors.picture), colors.space)
    if alpha is not None:
        spread_colors(image, alpha)
    grey = is_grey(image)
    return Photo(to_grey(image, out=image) if grey else image, alpha, tuple(notices), grey, colors.profile)


def _check_cheaply(header: Header) -> None:
    """Find damage of a JPEG or TIFF before memory is spent on its pixels: a small hostile file may claim many."""
    parts = header.parts
    if parts.outline:
        check_length(parts.pixels, header.width, header.height)
        JpegImageFile(BytesIO(parts.outline)).load()
    if parts.deflated:
        check_deflated(parts.pixels, parts.deflated)


def _all_rows(parts: Parts) -> tuple[bytes, list[Notice]]:
    """A PNG file with all rows, found before memory is spent on pixels, and what to say about those that were missing.

    Raises `BrokenImage` where too many are missing.
    """
    rows = count_rows(parts.header, parts.packed)
    missing = rows.total - rows.there
    if rows.interlaced and missing:  # these rows are spread over the picture
        raise BrokenImage(
            f"This PNG file is incomplete: it holds {rows.there} of the {rows.total} rows of its interlaced picture."
        )
    if rows.ended and not missing:
        return parts.pixels, []
    notices = _missing_rows("PNG", missing, rows.total, missing / rows.total, "empty") if missing else []
    return png_file(parts.head, completed(parts.packed, rows)), notices


def _truncation(parts: Parts, picture: JpegImageFile) -> list[Notice]:
    """What to say about a JPEG file that is not all there. Raises `BrokenImage` where too much is missing."""
    scans = scans_of(parts.outline)
    if not scans.all_colors:
        raise BrokenImage("This JPEG file is incomplete: it ends before all colours of its picture.")
    missing = missing_pixels(picture, parts.pixels, ended=parts.ended)
    if missing.rows and not scans.last_refines:
        return _missing_rows("JPEG", missing.rows, picture.height, missing.share, "grey")
    if missing.rows or not scans.all_details:
        return [Notice("photo_truncated", "The file is incomplete: it ends before the details of its picture.")]
    return []


def _missing_rows(format_name: str, missing: int, height: int, share: float, left: str) -> list[Notice]:
    """What to say about `missing` rows, a `share` of the picture, which are `left` grey or empty.

    Raises `BrokenImage` where that is more than `MAX_MISSING`.
    """
    if share > MAX_MISSING:
        raise BrokenImage(
            f"This {format_name} file is incomplete: it holds {height - missing} of its picture's {height} rows."
        )
    message = f"The file is incomplete: {missing} of its picture's {height} rows are missing, and left {left}."
    return [Notice("photo_truncated", message)]


def _alpha(picture: PIL.Image.Image) -> FloatArray | None:
    """Opacity (H, W) in [0, 1], or None where every pixel is opaque."""
    if not picture.has_transparency_data:
        return None
    alpha: FloatArray
    if picture.mode == "I;16":  # here Pillow's conversion would clip the pixels to 8 bits first
        alpha = (np.asarray(picture) != picture.info["transparency"]).astype(np.float32)
    else:
        layers = picture if "A" in picture.getbands() else picture.convert("RGBA")
        alpha = np.asarray(layers.getchannel("A")).astype(np.float32)
        alpha /= 255
    return None if alpha.min() == 1 else alpha


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The picture without alpha, in mode L, RGB, CMYK or one of 16-bit grey."""
    picture.info.pop("transparency", None)
    mode = {"1": "L", "LA": "L", "P": "RGB", "RGBA": "RGB"}.get(picture.mode)
    return picture if mode is None else picture.convert(mode)


def _image(pixels: npt.NDArray[Any], space: ColorSpace | None) -> Image:
    """`pixels`, grey (H, W) or RGB (H, W, 3) of 8 or 16 bits, in `space` (None: sRGB), as (H, W, 3) in [0, 1]."""
    image: Image = np.empty((*pixels.shape[:2], 3), np.float32)
    grey_or_rgb = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    np.divide(grey_or_rgb, np.float32(np.iinfo(pixels.dtype).max), out=image)
    if space is not None:
        for top in range(0, len(image), _ROWS_AT_ONCE):  # the curves take several copies
            image[top : top + _ROWS_AT_ONCE] = space.in_srgb(image[top : top + _ROWS_AT_ONCE])
    return image
