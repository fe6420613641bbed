"""Photos of 16 bits from file to file, and what is reserved for them."""

from __future__ import annotations

import zlib
from dataclasses import replace
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
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
from tests.profiles import profile_of

LIMITS = PhotoLimits(max_input_pixels=1_000_000, max_output_megapixels=10)
LEVELS = np.random.default_rng(5).integers(0, 65_536, (30, 40, 3), np.uint16)
UNCHANGED = EnhanceOptions(upscale_factor=1, background="resample")


def order(output_format: OutputFormat, file: bytes | None = None, **options: Any) -> Order:
    output = OutputOptions(**{"output_format": output_format, "bit_depth": "16", "metrics": False, **options})
    return Order("upscale", file or images.png_16(LEVELS, images.COLOR), None, UNCHANGED, output)


def profiled(levels: npt.NDArray[np.uint16], space: str, channels: int) -> bytes:
    """A PNG of 16 bits with the profile of this space."""
    profile = images.chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile_of(space, channels)))
    file: bytes = images.png_16(levels, images.COLOR if channels == 3 else images.GREY, profile)
    return file


def test_16_bits_pass_through_a_png_unchanged(fakes: FakeModels) -> None:
    data = restore_photo(order("png"), fakes(), LIMITS, Run()).picture.data
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored is not None
    np.testing.assert_array_equal(stored[..., ::-1], LEVELS)


def test_16_bits_pass_through_a_tiff_unchanged(fakes: FakeModels) -> None:
    data = restore_photo(order("tiff"), fakes(), LIMITS, Run()).picture.data
    np.testing.assert_array_equal(tifffile.imread(BytesIO(data)), LEVELS)


@pytest.mark.parametrize(("space", "levels"), [("display-p3", LEVELS), ("apple", LEVELS[..., 0])], ids=["RGB", "grey"])
def test_16_bits_that_a_profile_cuts_are_told_where_16_are_asked_for(
    fakes: FakeModels, space: str, levels: npt.NDArray[np.uint16]
) -> None:
    file = profiled(levels, space, 3 if levels.ndim == 3 else 1)
    cut = restore_photo(order("png", file), fakes(), LIMITS, Run())
    assert [(warning.code, warning.message) for warning in cut.report.warnings] == [
        ("depth_reduced", "Its colour profile was converted, which cut the photo's 16 bits per channel to 8.")
    ]
    stored = cv2.imdecode(np.frombuffer(cut.picture.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored is not None
    assert len(np.unique(stored)) < 300  # of more than a thousand
    for options in ({"color_profile": "keep"}, {"bit_depth": "8"}):
        other = restore_photo(order("png", file, **options), fakes(), LIMITS, Run())
        assert other.report.warnings == []


def test_16_bits_of_a_reference_do_not_matter(fakes: FakeModels) -> None:
    asked = replace(order("png"), reference=profiled(LEVELS, "display-p3", 3))
    source = read(asked, fakes(), LIMITS, lambda needed: None, Run())
    assert source.reference is not None
    assert source.reference.notices == ()


@pytest.mark.parametrize(
    ("output_format", "bit_depth", "finishing"),
    [("png", "16", 30), ("tiff", "16", 30), ("tiff", "8", 14), ("webp", "8", 43), ("avif", "8", 56)],
)
def test_what_the_encoder_takes_is_claimed(
    fakes: FakeModels, output_format: OutputFormat, bit_depth: BitDepth, finishing: int
) -> None:
    claims: list[int] = []
    asked = order(output_format, bit_depth=bit_depth)
    read(asked, fakes(), LIMITS, claims.append, Run())
    assert finishing_pixel(output_format, asked.output) == finishing
    assert claims == [photo_bytes(30 * 40, 30 * 40, LEAST_WORKING_BYTES, finishing)]
