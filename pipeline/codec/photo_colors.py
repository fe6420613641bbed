"""The colours of a decoded picture: converted to sRGB, or kept as they are together with their profile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import PIL.Image

from pipeline.codec.color_space import ColorSpace
from pipeline.codec.icc_profile import icc_profile, is_own_srgb
from pipeline.codec.profiles import GRAY, to_srgb, why_not_kept
from pipeline.codec.transfer import Parametric
from pipeline.types import Notice


@dataclass(frozen=True, slots=True)
class PhotoColors:
    """A picture in mode L, RGB or one of 16-bit grey, and what its numbers mean.

    `space`: they are still to be converted from it to sRGB. `profile`: they stay as they are, and mean this. Both are
    None for sRGB.
    """

    picture: PIL.Image.Image
    space: ColorSpace | None = None
    profile: bytes | None = None
    notices: tuple[Notice, ...] = ()


def photo_colors(
    picture: PIL.Image.Image,
    profile: bytes | None,
    space: ColorSpace | None,
    kept_spaces: frozenset[str],
    *,
    has_alpha: bool,
) -> PhotoColors:
    """The colours of a picture with the ICC profile `profile` or, where it has none, of the colour space `space`.

    They are kept where the profile's own space is among `kept_spaces` and `pipeline.codec.profiles.why_not_kept` has no
    reason against it, else converted, with the notice `color_profile_replaced` unless `kept_spaces` is empty. A profile
    that cannot be used leaves the numbers as they are, with the notice `color_profile_ignored`. The picture is in mode
    L, RGB, CMYK or one of 16-bit grey.
    """
    if profile is not None and not is_own_srgb(profile):
        found = _of_profile(picture, profile, kept_spaces, has_alpha=has_alpha)
    elif profile is None and space is not None:
        found = _of_space(picture, space, kept_spaces, has_alpha=has_alpha)
    else:
        found = PhotoColors(picture)
    return replace(found, picture=found.picture.convert("RGB")) if found.picture.mode == "CMYK" else found


def _of_profile(
    picture: PIL.Image.Image, profile: bytes, kept_spaces: frozenset[str], *, has_alpha: bool
) -> PhotoColors:
    reason = why_not_kept(profile, picture.mode, kept_spaces, has_alpha=has_alpha) if kept_spaces else None
    if kept_spaces and reason is None:
        return PhotoColors(picture, profile=profile)
    converted = to_srgb(picture, profile)
    if converted is None:
        message = "The file's colour profile cannot be used; its colours are taken as sRGB."
        return PhotoColors(picture, notices=(Notice("color_profile_ignored", message),))
    return PhotoColors(converted, notices=() if reason is None else (_replaced(reason),))


def _of_space(
    picture: PIL.Image.Image, space: ColorSpace, kept_spaces: frozenset[str], *, has_alpha: bool
) -> PhotoColors:
    if not isinstance(space.curve, Parametric):
        message = "The photo has a high dynamic range (HDR); its brightness was compressed to that of sRGB."
        return PhotoColors(picture, space, notices=(Notice("hdr_tone_mapped", message),))
    if not kept_spaces:
        return PhotoColors(picture, space)
    as_grey = picture.mode != "RGB" and not has_alpha and GRAY in kept_spaces
    profile = icc_profile(space.primaries, space.curve, 1 if as_grey else 3)
    reason = why_not_kept(profile, picture.mode, kept_spaces, has_alpha=has_alpha)
    if reason is None:
        return PhotoColors(picture, profile=profile)
    return PhotoColors(picture, space, notices=(_replaced(reason),))


def _replaced(reason: str) -> Notice:
    message = f"The photo's colour profile is not kept, because {reason}; its colours were converted to sRGB."
    return Notice("color_profile_replaced", message)
