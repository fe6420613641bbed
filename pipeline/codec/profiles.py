"""What is done with a photo's ICC profile: which may be kept, and conversion by LittleCMS."""

from __future__ import annotations

import struct
from io import BytesIO

import cv2
import numpy as np
import PIL.Image
from PIL import ImageCms

from pipeline.codec.icc_profile import srgb_profile
from pipeline.codec.limits import MAX_PROFILE_BYTES
from pipeline.types import Image

RGB, GRAY = "RGB", "GRAY"  # colour spaces of profiles that results can have
_GREY_MODES = {"L", "I;16", "I;16B"}
_CLASSES = {b"mntr", b"scnr", b"prtr", b"spac"}  # of profiles that stand for a device's colours, or a space
_HEAD = 128
_ROWS_AT_ONCE = 64
_UNUSABLE = (ImageCms.PyCMSError, OSError, TypeError, ValueError)

# Greys, skin from light to dark, and a red, a green and a blue, as levels of 255.
_GREYS = [[level] * 3 for level in (24, 48, 96, 128, 176, 224)]
_SKIN = [[236, 200, 180], [210, 165, 140], [180, 130, 108], [140, 98, 80], [95, 66, 54], [60, 44, 38]]
_STRONG = [[192, 64, 64], [64, 192, 64], [64, 64, 192]]
_TONES = np.array([_GREYS + _SKIN + _STRONG], np.uint8)
# How many levels off sRGB the greys and the skin may be. Measured: Display P3 9, Adobe RGB 17, Rec. 2020 26 to 32,
# ProPhoto 52; linear light 73, sRGB with its colours in another order 72.
_MOST_MOVED = 56


def to_srgb(picture: PIL.Image.Image, profile: bytes) -> PIL.Image.Image | None:
    """The picture in mode RGB, converted from `profile` to sRGB, or None where the profile cannot be used."""
    if not _may_be_read(profile):
        return None
    try:
        source = _opened(profile)
        if picture.mode in _GREY_MODES and source.profile.xcolor_space.strip() == RGB:
            picture = _in_8_bits(picture).convert("RGB")
        return ImageCms.profileToProfile(picture, source, _opened(srgb_profile(3)), outputMode="RGB")
    except _UNUSABLE:
        return None


def why_not_kept(profile: bytes, mode: str, spaces: frozenset[str], *, has_alpha: bool) -> str | None:
    """Why the result cannot have the photo's profile, as the end of a sentence; None where it can.

    `mode` is Pillow's mode of the photo without alpha; `spaces` are those of `RGB` and `GRAY` that the result's format
    holds. The networks know photos in sRGB, so a space in which a face looks different does not serve.
    """
    if not _may_be_read(profile) or not _is_well_formed(profile):
        return "it is damaged"
    space = profile[16:20].decode("latin-1").strip()
    if space not in (RGB, GRAY):
        return "it is not for RGB or grey"
    if mode not in (_GREY_MODES if space == GRAY else {*_GREY_MODES, "RGB"}):
        return "it does not fit the photo's pixels"
    if space not in spaces:
        return "the result's format has no grey profiles"
    if space == GRAY and has_alpha:
        return "it is for grey, and the photo has transparency"
    try:
        return None if _is_near_srgb(profile) else "its numbers mean other colours than sRGB's"
    except _UNUSABLE:
        return "colours cannot be converted to it and back"


def converted(image: Image, source: bytes | None, target: bytes | None, out: Image | None = None) -> Image:
    """`image` (H, W, 3), whose numbers are those of the profile `source`, in numbers of `target`; None is sRGB.

    The profiles are RGB or GRAY, and may be kept (`why_not_kept`). Of grey, the three channels are equal. Values are
    in [0, 1], rounded to 8 bits on the way. The result is a new image, or is written into `out`, which may be `image`.

    Raises `PyCMSError` where LittleCMS cannot convert.
    """
    old, new = (srgb_profile(3) if profile is None else profile for profile in (source, target))
    mode, new_mode = ("L" if profile[16:20] == b"GRAY" else "RGB" for profile in (old, new))
    transform = ImageCms.buildTransform(_opened(old), _opened(new), mode, new_mode)
    result: Image = np.empty_like(image) if out is None else out
    for top in range(0, len(image), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        levels = np.round(image[rows] * 255).astype(np.uint8)
        picture = PIL.Image.fromarray(np.ascontiguousarray(levels[..., 0]) if mode == "L" else levels)
        shown = np.asarray(ImageCms.applyTransform(picture, transform))
        np.divide(shown if shown.ndim == 3 else shown[..., np.newaxis], np.float32(255), out=result[rows])
    return result


def _in_8_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """A grey picture in mode L. Pillow would cut 16 bits off at 255."""
    if picture.mode == "L":
        return picture
    return PIL.Image.fromarray(cv2.convertScaleAbs(np.asarray(picture, np.uint16), alpha=1 / 257))


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(profile))


def _may_be_read(profile: bytes) -> bool:
    """Whether LittleCMS may get the profile.

    One of a few KB may list thousands of processing steps ("mpet"), and LittleCMS runs all of them for each node of its
    table, which takes minutes. Profiles of photos have tables and curves instead.
    """
    return len(profile) <= MAX_PROFILE_BYTES and b"mpet" not in profile


def _is_well_formed(profile: bytes) -> bool:
    """Whether every encoder takes the profile: libpng checks this much of it, LittleCMS less."""
    if len(profile) < _HEAD + 4 or profile[36:40] != b"acsp" or profile[12:16] not in _CLASSES:
        return False
    size, tags, intent = (struct.unpack_from(">I", profile, at)[0] for at in (0, _HEAD, 64))
    if size != len(profile) or (profile[8] > 3 and size % 4) or intent > 3 or profile[20:24] not in (b"XYZ ", b"Lab "):
        return False
    if _HEAD + 4 + 12 * tags > size:
        return False
    places = (struct.unpack_from(">4xII", profile, _HEAD + 4 + 12 * at) for at in range(tags))
    return all(start <= size and length <= size - start for start, length in places)


def _is_near_srgb(profile: bytes) -> bool:
    """Whether a photo with this profile still looks like one if its numbers are taken as sRGB's.

    Raises one of `_UNUSABLE` where LittleCMS cannot convert to the profile or from it.
    """
    own, srgb = _opened(profile), _opened(srgb_profile(3))
    grey = profile[16:20] == b"GRAY"
    mode = "L" if grey else "RGB"
    ImageCms.buildTransform(srgb, own, "RGB", mode)
    tones = _TONES[:, : len(_GREYS)] if grey else _TONES
    picture = PIL.Image.fromarray(np.ascontiguousarray(tones[..., 0]) if grey else tones)
    shown = np.asarray(ImageCms.applyTransform(picture, ImageCms.buildTransform(own, srgb, mode, "RGB"))).astype(int)
    photo, strong = slice(0, len(_GREYS + _SKIN)), slice(len(_GREYS + _SKIN), None)
    moved = np.abs(shown[:, photo] - tones[:, photo]).max()
    swapped = (shown[:, strong].argmax(axis=-1) != tones[:, strong].argmax(axis=-1)).any()
    return bool(moved <= _MOST_MOVED and not swapped)
