"""Header of an uploaded file → an upright sRGB photo."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import PIL.Image
from PIL import ImageCms
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.codec.damage import damage_reported
from pipeline.codec.file_parts import Parts, orientation
from pipeline.codec.inspect import Header
from pipeline.codec.jpeg_rows import check_length, lacks_detail, missing_rows
from pipeline.codec.limits import CHECKED_BEFORE_DECODING, MAX_MISSING, MAX_PROFILE_BYTES
from pipeline.codec.png_rows import check_rows
from pipeline.codec.tiff_parts import check_deflated
from pipeline.errors import BrokenImage
from pipeline.types import FloatArray, Image, Notice, Photo

_UPRIGHT = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}


def decode(header: Header) -> Photo:
    """The photo in the file that `header` describes, upright and in sRGB.

    `image` is (H, W, 3) float32 RGB in [0, 1]; `alpha` is (H, W) float32 in [0, 1], or None where every pixel is
    opaque. The EXIF orientation is applied and an embedded colour profile converted; a profile that cannot be used
    leaves the pixels as they are, with the notice `color_profile_ignored`. Of an animation the first frame is taken,
    with the notice `animation_first_frame`. A JPEG that lacks its last rows, which are then grey, or the last scans of
    a progressive picture has the notice `photo_truncated`. 16-bit grey keeps its precision, 16-bit colour is cut to 8
    bits.

    Raises `BrokenImage` where the pixels are damaged, cut off (a JPEG: by more than `MAX_MISSING`) or built to be
    expensive.
    """
    parts = header.parts
    notices = [*parts.notices]
    with damage_reported(header.file_format.name):
        if header.width * header.height > CHECKED_BEFORE_DECODING:
            _check_cheaply(header)
        file = header.file_format.plugin(BytesIO(parts.pixels))
        file.load()
        if isinstance(file, JpegImageFile):
            notices += _truncation(parts, file)
        if parts.animated or getattr(file, "is_animated", False):
            notices.append(Notice("animation_first_frame", "The file is an animation; only its first frame is used."))
        turn = _UPRIGHT.get(orientation(parts.exif or file.info.get("exif") or b""))
        picture = file if turn is None else file.transpose(turn)
        if picture.mode == "RGBa":  # colours multiplied by the opacity
            picture = picture.convert("RGBA")
        alpha, picture = _alpha(picture), _opaque(picture)
        profile = file.info.get("icc_profile") if parts.profile is None else parts.profile
        if profile is not None:
            converted = _to_srgb(picture, profile)
            if converted is None:
                message = "The file's colour profile cannot be used; its colours are taken as sRGB."
                notices.append(Notice("color_profile_ignored", message))
            picture = converted or picture
        if picture.mode == "CMYK":
            picture = picture.convert("RGB")
    return Photo(_image(picture), alpha, tuple(notices))


def _check_cheaply(header: Header) -> None:
    """Find damage before any memory or time is spent on the pixels: a small hostile file may claim a large picture."""
    parts = header.parts
    if parts.outline:
        check_length(parts.pixels, header.width, header.height)
        JpegImageFile(BytesIO(parts.outline)).load()
    if parts.header:
        check_rows(parts.header, parts.packed)
    if parts.deflated:
        check_deflated(parts.pixels, parts.deflated)


def _truncation(parts: Parts, picture: JpegImageFile) -> list[Notice]:
    """What to say about a JPEG file that is not all there. Raises `BrokenImage` where too many rows are missing."""
    missing, height = missing_rows(picture, parts.pixels), picture.height
    if missing > MAX_MISSING * height:
        raise BrokenImage(f"This JPEG file is incomplete: it holds {height - missing} of its picture's {height} rows.")
    if missing:
        message = f"The file is incomplete: {missing} of its picture's {height} rows are missing, and left grey."
        return [Notice("photo_truncated", message)]
    if lacks_detail(parts.outline):
        return [Notice("photo_truncated", "The file is incomplete: it ends before the details of its picture.")]
    return []


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
    """The picture without alpha, in mode L, RGB, CMYK or I;16."""
    picture.info.pop("transparency", None)
    mode = {"1": "L", "LA": "L", "P": "RGB", "RGBA": "RGB"}.get(picture.mode)
    return picture if mode is None else picture.convert(mode)


def _to_srgb(picture: PIL.Image.Image, profile: bytes) -> PIL.Image.Image | None:
    """The picture converted from `profile` to sRGB, or None where the profile cannot be used."""
    # A profile of a few KB may list thousands of processing steps ("mpet"), and LittleCMS runs all of them for each
    # node of its table, which takes minutes. Profiles of photos have tables and curves instead.
    if len(profile) > MAX_PROFILE_BYTES or b"mpet" in profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if picture.mode == "L" and source.profile.xcolor_space.strip() == "RGB":
            picture = picture.convert("RGB")
        return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def _image(picture: PIL.Image.Image) -> Image:
    """The pixels of a picture in mode L, RGB or I;16 as (H, W, 3) float32 in [0, 1]."""
    pixels = np.asarray(picture)
    image: Image = np.empty((*pixels.shape[:2], 3), np.float32)
    grey_or_rgb = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
    np.divide(grey_or_rgb, np.float32(np.iinfo(pixels.dtype).max), out=image)
    return image
