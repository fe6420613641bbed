"""Black-and-white and transparent photos of the formats beside JPEG, PNG and WebP."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests import images
from tests.containers import avif, heic, tiff
from tests.images import Pixels, saved
from tests.pipeline.codec.decoding import decoded

PICTURE = images.gradient()
GREY = PICTURE[..., 0]
REPEATED = np.repeat(GREY[..., np.newaxis], 3, axis=2)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(saved(GREY, "TIFF"), id="TIFF"),
        pytest.param(tiff(GREY.astype(np.uint16) * 257), id="TIFF of 16 bits"),
        pytest.param(saved(REPEATED, "TIFF", compression="tiff_lzw"), id="TIFF in RGB"),
        pytest.param(saved(GREY, "TIFF", "1"), id="TIFF in black and white"),
        pytest.param(saved(GREY, "BMP"), id="BMP"),
        pytest.param(saved(REPEATED, "BMP"), id="BMP in RGB"),
        pytest.param(saved(GREY, "GIF"), id="GIF"),
        pytest.param(saved(GREY, "AVIF", quality=95), id="AVIF"),
        pytest.param(avif(REPEATED), id="AVIF in RGB"),
        pytest.param(heic(GREY), id="HEIC"),
    ],
)
def test_a_black_and_white_photo_is_grey(file: bytes) -> None:
    photo = decoded(file)
    assert photo.is_grey
    assert np.array_equal(photo.image[..., 0], photo.image[..., 1])
    assert np.ptp(photo.image) > 0.3


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "GIF", "AVIF"])
def test_a_photo_with_colours_is_not(kind: str) -> None:
    assert not decoded(saved(PICTURE, kind)).is_grey


def gif(clear: Pixels) -> bytes:
    """A GIF of two colours, one of which is transparent."""
    picture = Image.fromarray((clear[..., 3] > 0).astype(np.uint8), "P")
    picture.putpalette([*clear[0, 0, :3].tolist(), *clear[0, -1, :3].tolist()])
    target = BytesIO()
    picture.save(target, "GIF", transparency=0)
    return target.getvalue()


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda clear: saved(clear, "TIFF"), id="TIFF"),
        pytest.param(lambda clear: tiff(clear, extrasamples=["unassalpha"], compression="zlib"), id="TIFF, Deflate"),
        pytest.param(gif, id="GIF"),
        pytest.param(avif, id="AVIF"),
        pytest.param(heic, id="HEIC"),
    ],
)
def test_hidden_colours_do_not_show(write: Callable[[Pixels], bytes]) -> None:
    clear = np.zeros((32, 48, 4), np.uint8)
    clear[:, :24] = (0, 0, 255, 0)
    clear[:, 24:] = (220, 120, 60, 255)
    photo = decoded(write(clear))
    assert photo.alpha is not None
    assert photo.alpha[:, :20].max() < 0.02
    assert photo.alpha[:, 28:].min() > 0.98
    hidden = photo.image[photo.alpha == 0]
    assert len(hidden) > 32 * 16
    assert np.abs(hidden - np.array([220, 120, 60]) / 255).max() < 0.1
