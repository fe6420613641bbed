"""Photos of 16 bits from file to file, and what is reserved for them."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile

from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.memory import finishing_pixel, photo_bytes
from app.work.order import Order
from app.work.photo import LEAST_WORKING_BYTES, read, restore_photo
from pipeline.options import BitDepth, EnhanceOptions, OutputFormat
from pipeline.run import Run
from tests import images
from tests.app.fakes import FakeModels

LIMITS = PhotoLimits(max_input_pixels=1_000_000, max_output_megapixels=10)
LEVELS = np.random.default_rng(5).integers(0, 65_536, (30, 40, 3), np.uint16)
UNCHANGED = EnhanceOptions(upscale_factor=1, background="resample")


def order(output_format: OutputFormat, bit_depth: BitDepth = "16") -> Order:
    output = OutputOptions(output_format=output_format, bit_depth=bit_depth, metrics=False)
    return Order("upscale", images.png_16(LEVELS, images.COLOR), None, UNCHANGED, output)


def test_16_bits_pass_through_a_png_unchanged(fakes: FakeModels) -> None:
    data = restore_photo(order("png"), fakes(), LIMITS, Run()).picture.data
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(stored[..., ::-1], LEVELS)


def test_16_bits_pass_through_a_tiff_unchanged(fakes: FakeModels) -> None:
    data = restore_photo(order("tiff"), fakes(), LIMITS, Run()).picture.data
    np.testing.assert_array_equal(tifffile.imread(BytesIO(data)), LEVELS)


@pytest.mark.parametrize(
    ("output_format", "bit_depth", "finishing"),
    [("png", "16", 30), ("tiff", "16", 30), ("tiff", "8", 14), ("webp", "8", 43), ("avif", "8", 56)],
)
def test_what_the_encoder_takes_is_claimed(
    fakes: FakeModels, output_format: OutputFormat, bit_depth: BitDepth, finishing: int
) -> None:
    claims: list[int] = []
    asked = order(output_format, bit_depth)
    read(asked, fakes(), LIMITS, claims.append, Run())
    assert finishing_pixel(output_format, asked.output) == finishing
    assert claims == [photo_bytes(30 * 40, 30 * 40, LEAST_WORKING_BYTES, finishing)]
