"""TIFF files that are written, as tifffile, Pillow and this service read them."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

import numpy as np
import PIL.Image
import pytest
import tifffile

from pipeline.codec.decode import decode
from pipeline.codec.encode import encode
from pipeline.codec.inspect import inspect
from pipeline.options import FileOptions
from pipeline.types import Image
from tests import images

PICTURE: Image = (images.gradient(70, 50) / 255).astype(np.float32)


@pytest.mark.parametrize("bits", ["8", "16"])
@pytest.mark.parametrize("kind", ["grey", "color", "clear"])
def test_it_is_the_same_in_every_reader(bits: Literal["8", "16"], kind: str) -> None:
    most = 2 ** int(bits) - 1
    image = np.repeat(PICTURE[..., :1], 3, axis=2) if kind == "grey" else PICTURE
    alpha = PICTURE[..., 2].copy() if kind == "clear" else None
    data = encode(image, alpha, "tiff", FileOptions(bit_depth=bits), is_grey=kind == "grey").data
    expected = {"grey": image[..., 0], "color": image, "clear": np.dstack((image, PICTURE[..., 2]))}[kind]
    levels = np.floor(expected * most + np.float32(0.5)).astype(np.uint16)

    with tifffile.TiffFile(BytesIO(data)) as file:
        assert len(file.pages) == 1
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        np.testing.assert_array_equal(page.asarray(), levels)
        assert page.extrasamples == ((tifffile.EXTRASAMPLE.UNASSALPHA,) if kind == "clear" else ())
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.predictor == tifffile.PREDICTOR.HORIZONTAL
        assert page.rowsperstrip == 16

    picture = PIL.Image.open(BytesIO(data))
    if bits == "8" or kind == "grey":
        np.testing.assert_array_equal(np.asarray(picture), levels)

    photo = decode(inspect(data, max_pixels=10**6))
    assert photo.notices == ()
    np.testing.assert_array_equal(
        np.round(photo.image * most), levels[..., :3] if kind != "grey" else image * most // 1
    )
    assert (photo.alpha is None) == (kind != "clear")
