"""Photos to send, made of scikit-image's portrait: the detector finds its one face."""

from __future__ import annotations

import base64
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import skimage.data

from app.work.report import Report

Pixels = npt.NDArray[np.uint8]

FACE = (130, 0, 350, 220)  # the portrait's head, in pixels of the whole picture


def file_of(pixels: Pixels, file_format: str = "JPEG", **options: Any) -> bytes:
    target = BytesIO()
    PIL.Image.fromarray(pixels).save(target, file_format, **options)
    return target.getvalue()


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(PIL.Image.fromarray(pixels).resize((width, height), PIL.Image.Resampling.LANCZOS))


@cache
def portrait() -> bytes:
    """The whole portrait as an old web photo: half its size, noise of sigma 8, JPEG of quality 40; 256 × 256."""
    small = resized(skimage.data.astronaut(), 256, 256)
    noisy = small + np.random.default_rng(0).normal(0, 8, small.shape)
    return file_of(np.clip(noisy, 0, 255).astype(np.uint8), quality=40)


@cache
def head(side: int = 96, left: int = 0, top: int = 0) -> Pixels:
    """The head alone, `side` pixels each way, moved by some pixels of the original."""
    x0, y0, x1, y1 = FACE
    cut = skimage.data.astronaut()[y0 + top : y1 + top, x0 + left : x1 + left]
    return resized(cut, side, side)


@cache
def small_face() -> bytes:
    """The smallest photo with a face: 96 × 96."""
    return file_of(head(), quality=90)


@cache
def no_face() -> bytes:
    """A photo without a face: 64 × 48 pixels of a smooth gradient."""
    x, y = np.meshgrid(np.linspace(0, 255, 64), np.linspace(0, 255, 48))
    return file_of(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8), quality=90)


def picture_in(data: dict[str, Any]) -> PIL.Image.Image:
    """The picture of an answer, fully decoded."""
    return opened(base64.b64decode(data["restored_image"], validate=True))


def opened(file: bytes) -> PIL.Image.Image:
    picture = PIL.Image.open(BytesIO(file))
    picture.load()
    return picture


def pixels_in(data: dict[str, Any]) -> npt.NDArray[np.float64]:
    return np.asarray(picture_in(data)).astype(np.float64)


def report() -> Report:
    """A report about a photo without faces."""
    return Report("image/png", 1, 1, None, [], 0, {}, {}, None, [])
