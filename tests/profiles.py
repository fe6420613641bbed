"""ICC profiles for tests, made in code: of spaces that photos are in, and of some that no photo should be kept in."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import numpy as np
import PIL.Image
from PIL import ImageCms

from pipeline.codec import transfer
from pipeline.codec.icc_profile import icc_profile
from pipeline.codec.primaries import ADOBE_RGB, BT_709, PRIMARIES
from pipeline.codec.transfer import Parametric
from tests.images import Pixels

_ROMM = (0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
_SWAPPED = (0.3127, 0.3290, 0.30, 0.60, 0.15, 0.06, 0.64, 0.33)  # red is green, green is blue
_LINEAR = Parametric(1)
SPACES = {
    "srgb": (BT_709, transfer.SRGB),
    "display-p3": (PRIMARIES[12], transfer.SRGB),
    "adobe-rgb": (ADOBE_RGB, Parametric(563 / 256)),
    "rec-2020": (PRIMARIES[9], transfer.SRGB),
    "rec-2020-gamma": (PRIMARIES[9], Parametric(2.2)),
    "rec-2020-camera": (PRIMARIES[9], transfer.BT_709),
    "prophoto": (_ROMM, Parametric(1.8, 1, 0, 1 / 16, 1 / 512)),
    "apple": (BT_709, Parametric(1.8)),
    "linear": (BT_709, _LINEAR),
    "linear-p3": (PRIMARIES[12], _LINEAR),
    "linear-prophoto": (_ROMM, _LINEAR),
    "swapped": (_SWAPPED, transfer.SRGB),
    "green-and-blue-swapped": ((*BT_709[:4], *BT_709[6:], *BT_709[4:6]), transfer.SRGB),
}
NEAR = ("srgb", "display-p3", "adobe-rgb", "rec-2020", "rec-2020-gamma", "rec-2020-camera", "prophoto", "apple")
FAR = ("linear", "linear-p3", "linear-prophoto", "swapped", "green-and-blue-swapped")


@cache
def profile_of(name: str, channels: int = 3) -> bytes:
    """The profile of one of `SPACES`."""
    primaries, curve = SPACES[name]
    return icc_profile(primaries, curve, channels, name=name)


def lab_profile() -> bytes:
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())


def in_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """The levels (H, W, 3), or (H, W) of grey, that LittleCMS makes of `pixels` in its own sRGB."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    picture = ImageCms.profileToProfile(
        PIL.Image.fromarray(pixels), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    return np.asarray(picture)


def embedded(file: bytes) -> bytes | None:
    """The profile in a file, as Pillow reads it."""
    with PIL.Image.open(BytesIO(file)) as picture:
        profile = picture.info.get("icc_profile")
        return None if profile is None else bytes(profile)
